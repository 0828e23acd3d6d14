/** Iterations until states are within 1e-3 of where they would come to rest, by dynamics, from zero and from where the
 * examples rested before the last epoch: of networks trained for a few epochs by the paper's presets. */

import { Command } from 'commander';
import { networkOf } from '../lib/cli/network.js';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { PRESETS, type PresetName } from '../lib/cli/presets.js';
import { settingsOf } from '../lib/cli/settings.js';
import { coordinateDescent, type Dynamics, euler, type Floats, type Model, mnist, sgd } from '../lib/index.js';
import { tableOf } from './table.js';

const NEAR = 1e-3;
/** More than anything here needs; the limit is where the slowest of them is after five times as many. */
const MOST = 400;

const DYNAMICS: Readonly<Record<string, (iterations: number, tolerance?: number) => Dynamics>> = {
  'Euler ε 0.5': (iterations, tolerance = 0) => euler({ stepSize: 0.5, iterations, tolerance }),
  'Euler ε 1': (iterations, tolerance = 0) => euler({ stepSize: 1, iterations, tolerance }),
  'coordinate descent': (iterations, tolerance = 0) => coordinateDescent({ iterations, tolerance }),
  'over-relaxed 1.3': (iterations, tolerance = 0) => coordinateDescent({ iterations, tolerance, relaxation: 1.3 }),
};

type Start = { from?: { state: Record<string, Floats> } };

/** By example: the first iteration after which no state is further than `NEAR` from its limit. */
async function reach(model: Model, input: Float32Array, start: Start, dynamics: (n: number) => Dynamics) {
  const count = input.length / 784;
  const limit = (await model.settle({ input, ...start, dynamics: dynamics(5 * MOST) })).state;
  const last = new Uint32Array(count); // the last iteration that was not near yet
  let states = start;
  for (let n = 1; n <= MOST; n++) {
    const { state } = await model.settle({ input, ...states, dynamics: dynamics(1) });
    states = { from: { state } };
    for (const [layer, wanted] of Object.entries(limit)) {
      if (layer === 'input') continue;
      const units = wanted.length / count;
      for (let i = 0; i < wanted.length; i++) {
        if (Math.abs(state[layer][i] - wanted[i]) > NEAR) last[Math.floor(i / units)] = n;
      }
    }
  }
  return last.map((n) => n + 1);
}

const meanAndMost = (counts: Uint32Array) => {
  const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
  return `${mean.toFixed(1)} (${Math.max(...counts)})`;
};

interface Row {
  readonly network: string;
  readonly start: string;
  readonly cells: readonly string[];
}

async function rowsOf(preset: PresetName, epochs: number, examples: number) {
  const { train } = await mnist();
  const settings = settingsOf({ preset, epochs }, train.count);
  const { model, estimator } = networkOf([784, ...settings.hidden, 10], settings, {});
  const data = train.withScale(settings.scale).slice(0, settings.examples);
  const input = data.inputsAsFloats(0, examples);
  let before: Start = {};
  await model.fit(data, {
    epochs,
    batchSize: settings.batchSize,
    start: settings.start,
    shuffle: settings.shuffle,
    estimator,
    optimizer: sgd({ learningRate: settings.rates, decay: settings.decay }),
    onEpochEnd: async ({ epoch }) => {
      if (epoch < epochs - 1 || epoch === epochs) return;
      before = { from: { state: (await model.settle({ input, dynamics: settings.free })).state } };
    },
  });
  const rows: Row[] = [];
  for (const [start, states] of [
    ['zero', {}],
    ['warm', before],
  ] as const) {
    const cells: string[] = [];
    for (const dynamics of Object.values(DYNAMICS))
      cells.push(meanAndMost(await reach(model, input, states, dynamics)));
    rows.push({ network: `${preset}, ${epochs} epochs`, start, cells });
  }
  const stopping = await model.settle({ input, dynamics: coordinateDescent({ iterations: MOST, tolerance: NEAR }) });
  console.log(
    `${preset}: a tolerance of ${NEAR} stops coordinate descent after ${meanAndMost(stopping.iterations)} sweeps`,
  );
  model.dispose();
  return rows;
}

async function main(): Promise<void> {
  const names = Object.keys(PRESETS) as PresetName[];
  const options = new Command('sweeps')
    .description(`Iterations until all states of an example are within ${NEAR} of their limit: mean (most).`)
    .option('--preset <names>', 'trained by', list(oneOf('--preset', names)), ['paper-1', 'paper-2'])
    .option('--epochs <n>', 'for so many epochs', wholeNumber('--epochs', 2), 3)
    .option('--examples <n>', 'of the first examples', wholeNumber('--examples', 1), 300)
    .option('--markdown', 'the table as Markdown')
    .parse()
    .opts<{ preset: PresetName[]; epochs: number; examples: number; markdown?: true }>();
  const rows: Row[] = [];
  for (const preset of options.preset) rows.push(...(await rowsOf(preset, options.epochs, options.examples)));
  const columns = [
    { head: 'network', cell: (r: Row) => r.network },
    { head: 'start', cell: (r: Row) => r.start },
    ...Object.keys(DYNAMICS).map((head, i) => ({ head, cell: (r: Row) => r.cells[i] })),
  ];
  console.log(tableOf(rows, columns, options.markdown ?? false));
}

main();
