/** What a feed-forward start is worth on MNIST: trainings from each start with fewer and fewer free sweeps, and how many
 * sweeps, or steps of Euler's method, it takes from each to come to rest. */

import { Command } from 'commander';
import { networkOf } from '../lib/cli/network.js';
import { decayOf, list, numberFromZero, oneOf, positiveNumber, wholeNumber } from '../lib/cli/options.js';
import { PRESET_NAMES, type PresetName } from '../lib/cli/presets.js';
import { type Settings, settingsOf } from '../lib/cli/settings.js';
import {
  coordinateDescent,
  type Dataset,
  type Decay,
  type Dynamics,
  type Equilibrium,
  euler,
  type Model,
  mnist,
  sgd,
} from '../lib/index.js';
import { STARTS, type Start } from '../lib/phases/start.js';

/** A state has come to rest when no unit is further than this from its limit. */
const NEAR = 1e-3;
/** Iterations after which a state passes for its limit. */
const LIMIT = 500;

interface Options {
  preset: PresetName;
  rates?: number[];
  decay?: Decay;
  relaxation: number;
  free: number[];
  starts: Start[];
  epochs: number;
  seed: number;
  count: number;
  threads?: number;
}

async function train(settings: Settings, { threads, count }: Options, data: { train: Dataset; test: Dataset }) {
  const { hidden, rates, decay, batchSize, start, shuffle, scale, epochs, examples } = settings;
  const { model, estimator } = networkOf([784, ...hidden, 10], settings, threads === undefined ? {} : { threads });
  const test = data.test.withScale(scale);
  const history = await model.fit(data.train.withScale(scale).slice(0, examples), {
    epochs,
    batchSize,
    estimator,
    optimizer: sgd({ learningRate: rates, decay }),
    validation: test,
    shuffle,
  });
  const free = { ...settings.free, iterations: LIMIT, tolerance: NEAR / 100 };
  const { error } = await model.evaluate(test, { dynamics: free });
  const inputs = test.inputsAsFloats(0, count);
  const { free: sweeps } = settings;
  const rest = async (dynamics: Dynamics) => {
    const ends = [await iterationsToRest(model, inputs, 'zero', dynamics)];
    ends.push(await iterationsToRest(model, inputs, 'feedForward', dynamics));
    const counts = Object.fromEntries(ends.map(({ from, mean, most }) => [from, { mean, most }]));
    return { ...counts, sameEquilibrium: share(ends[0].limit, ends[1].limit, count) };
  };
  const result = {
    network: [784, ...hidden, 10].join('-'),
    start,
    freeSweeps: settings.free.iterations,
    trainErrors: history.map((record) => percent(record.error)),
    testErrors: history.map(({ validation }) => percent(validation?.error)),
    testErrorAtRest: percent(error),
    toRest: { sweeps: await rest(sweeps), eulerSteps: await rest(euler()) },
  };
  model.dispose();
  return result;
}

const percent = (error = Number.NaN) => Number((100 * error).toFixed(3));

/** By example, the iterations after which the state stays near its limit. */
async function iterationsToRest(model: Model, input: Float32Array, from: Start, dynamics: Dynamics) {
  const of = (iterations: number) => ({ ...dynamics, iterations, tolerance: 0 });
  const limit = await model.settle({ input, start: from, dynamics: of(LIMIT) });
  const count = limit.iterations.length;
  const last = new Float64Array(count);
  let state: Equilibrium = await model.settle({ input, start: from, dynamics: of(0) });
  for (let step = 1; step <= LIMIT; step++) {
    const far = distances(state, limit, count).map((d) => Number(d > NEAR));
    if (!far.includes(1)) break;
    far.forEach((isFar, e) => {
      if (isFar) last[e] = step;
    });
    state = await model.settle({ input, from: state, dynamics: of(1) });
  }
  const mean = last.reduce((sum, step) => sum + step, 0) / count;
  return { from, mean: Number(mean.toFixed(2)), most: Math.max(...last), limit };
}

/** By example, how far apart two states are in the unit that differs most. */
function distances(a: Equilibrium, b: Equilibrium, count: number): Float64Array {
  const furthest = new Float64Array(count);
  for (const [name, state] of Object.entries(a.state)) {
    const size = state.length / count;
    state.forEach((s, j) => {
      const e = Math.floor(j / size);
      furthest[e] = Math.max(furthest[e], Math.abs(s - b.state[name][j]));
    });
  }
  return furthest;
}

/** Of the examples, in per cent, those that two states agree on. */
function share(a: Equilibrium, b: Equilibrium, count: number): number {
  const same = distances(a, b, count).filter((d) => d <= 2 * NEAR).length;
  return (100 * same) / count;
}

async function main(): Promise<void> {
  const options = new Command('starts')
    .description('Trains from zero and from a feed-forward pass with fewer and fewer sweeps; one JSON object a line.')
    .option('--preset <name>', 'settings to start from', oneOf('--preset', PRESET_NAMES), 'fast-2')
    .option('--rates <numbers>', 'instead of the preset’s', list(numberFromZero('each number of --rates')))
    .option('--decay <x>', 'likewise', decayOf)
    .option('--relaxation <x>', 'of all sweeps', positiveNumber('--relaxation'), 1)
    .option('--free <numbers>', 'free sweeps, between commas', list(wholeNumber('--free', 0)), [10, 5])
    .option('--starts <names>', 'between commas', list(oneOf('--starts', STARTS)), [...STARTS])
    .option('--epochs <n>', 'of each training', wholeNumber('--epochs', 1), 3)
    .option('--seed <n>', 'of each training', wholeNumber('--seed', 0), 0)
    .option('--count <n>', 'test examples to count sweeps on', wholeNumber('--count', 1), 300)
    .option('--threads <n>', 'of the native engine', wholeNumber('--threads', 1))
    .parse()
    .opts<Options>();
  const data = await mnist();
  const { preset, rates, decay, epochs, seed, relaxation } = options;
  const own = settingsOf({ preset, epochs, seed, ...(rates && { rates }), ...(decay && { decay }) }, data.train.count);
  const nudged = coordinateDescent({ iterations: own.nudged.iterations, relaxation });
  for (const iterations of options.free) {
    for (const start of options.starts) {
      const settings = { ...own, free: coordinateDescent({ iterations, relaxation }), nudged, start };
      console.log(JSON.stringify(await train(settings, options, data)));
    }
  }
}

main();
