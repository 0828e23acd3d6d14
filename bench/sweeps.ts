/** How many iterations networks need that a preset trained for a few epochs: until states are near to where they rest, and
 * until they stop at a tolerance of their own. Warm states are those where the same examples rested an epoch earlier. */

import { Command } from 'commander';
import { networkOf } from '../lib/cli/network.js';
import { list, oneOf, positiveNumber, wholeNumber } from '../lib/cli/options.js';
import { PRESET_NAMES, type PresetName } from '../lib/cli/presets.js';
import { settingsOf } from '../lib/cli/settings.js';
import { coordinateDescent, type Dynamics, type Equilibrium, euler, type Model, mnist, sgd } from '../lib/index.js';
import { approach, distances, MOST, meanAndMost, NEAR, shareAlike } from './rest.js';
import { run } from './run.js';
import { tableOf } from './table.js';

const DYNAMICS: Readonly<Record<string, Dynamics>> = {
  'Euler ε 0.5': euler({ stepSize: 0.5 }),
  'Euler ε 1': euler({ stepSize: 1 }),
  'coordinate descent': coordinateDescent(),
  'over-relaxed, ω 1.3': coordinateDescent({ relaxation: 1.3 }),
};

/** A trained model, what it is looked at with, and where that rested before the last epoch. */
interface Subject {
  readonly name: string;
  readonly model: Model;
  readonly input: Float32Array;
  readonly before: Equilibrium;
}

async function train(preset: PresetName, epochs: number, { seed, examples }: Options): Promise<Subject> {
  const { train } = await mnist();
  const settings = settingsOf({ preset, epochs, ...(seed !== undefined && { seed }) }, train.count);
  const { model, estimator } = networkOf([784, ...settings.hidden, 10], settings, {});
  const data = train.withScale(settings.scale).slice(0, settings.examples);
  const input = data.inputsAsFloats(0, examples);
  const rest = () => model.settle({ input, dynamics: { ...settings.free, iterations: 4 * MOST } });
  let before: Equilibrium | undefined;
  const history = await model.fit(data, {
    epochs,
    batchSize: settings.batchSize,
    start: settings.start,
    shuffle: settings.shuffle,
    estimator,
    optimizer: sgd({ learningRate: settings.rates, decay: settings.decay }),
    onEpochEnd: async ({ epoch }) => {
      if (epoch === epochs - 1) before = await rest();
    },
  });
  const { error = Number.NaN } = history[epochs - 1];
  const name = `${preset}, seed ${settings.seed}, ${epochs} epochs (train error ${(100 * error).toFixed(2)} %)`;
  return { name, model, input, before: before ?? (await rest()) };
}

interface Options {
  preset: PresetName[];
  epochs: number[];
  seed?: number;
  examples: number;
  tolerance: number;
  markdown?: true;
}

interface Row {
  readonly network: string;
  readonly start: string;
  readonly cells: readonly string[];
}

const startsOf = ({ before }: Subject) => [
  { start: 'zero', from: {} },
  { start: 'warm', from: { from: before } },
];

/** Iterations until states are near their limit: mean (most), and whether both starts lead to the same one. */
async function toLimit(subject: Subject): Promise<Row[]> {
  const { model, input, name } = subject;
  const rows = startsOf(subject).map(({ start }) => ({ network: name, start, cells: [] as string[] }));
  for (const dynamics of Object.values(DYNAMICS)) {
    const limits: Equilibrium[] = [];
    for (const [i, { from }] of startsOf(subject).entries()) {
      const { iterations, limit } = await approach(model, input, from, dynamics);
      rows[i].cells.push(counted(iterations));
      limits.push(limit);
    }
    rows[1].cells[rows[1].cells.length - 1] += `, ${shareAlike(limits[0], limits[1]).toFixed(1)} % alike`;
  }
  return rows;
}

/** Iterations until the examples stop by themselves: mean (most), and how many are near their limit then. */
async function toTolerance(subject: Subject, tolerance: number): Promise<Row[]> {
  const { model, input, name } = subject;
  const rows: Row[] = [];
  for (const { start, from } of startsOf(subject)) {
    const cells: string[] = [];
    for (const dynamics of Object.values(DYNAMICS)) {
      const settle = (iterations: number, tolerance: number) =>
        model.settle({ input, ...from, dynamics: { ...dynamics, iterations, tolerance } });
      const [stopped, limit] = [await settle(MOST, tolerance), await settle(4 * MOST, 0)];
      const apart = distances(stopped, limit);
      const near = (100 * apart.filter((distance) => distance <= NEAR).length) / apart.length;
      cells.push(`${counted(stopped.iterations)}, ${near.toFixed(1)} % near`);
    }
    rows.push({ network: name, start, cells });
  }
  return rows;
}

function counted(iterations: Uint32Array): string {
  const { mean, most } = meanAndMost(iterations);
  return `${mean.toFixed(1)} (${most > MOST ? `over ${MOST}` : most})`;
}

async function main(): Promise<void> {
  const options = new Command('sweeps')
    .description(`Iterations until all states of an example are within ${NEAR} of their limit: mean (most).`)
    .option('--preset <names>', 'trained by', list(oneOf('--preset', PRESET_NAMES)), ['paper-1', 'paper-2'])
    .option('--epochs <numbers>', 'for so many epochs, in order', list(wholeNumber('--epochs', 2)), [5, 3])
    .option('--seed <n>', 'instead of the preset’s', wholeNumber('--seed', 0))
    .option('--examples <n>', 'of the first examples', wholeNumber('--examples', 1), 300)
    .option('--tolerance <x>', 'of those that stop by themselves', positiveNumber('--tolerance'), NEAR)
    .option('--markdown', 'tables as Markdown')
    .parse()
    .opts<Options>();
  const { tolerance, markdown = false } = options;
  const columns = [
    { head: 'network', cell: (r: Row) => r.network },
    { head: 'start', cell: (r: Row) => r.start },
    ...Object.keys(DYNAMICS).map((head, i) => ({ head, cell: (r: Row) => r.cells[i] })),
  ];
  const [limited, stopped]: [Row[], Row[]] = [[], []];
  for (const [i, preset] of options.preset.entries()) {
    const subject = await train(preset, options.epochs[i] ?? options.epochs[options.epochs.length - 1], options);
    limited.push(...(await toLimit(subject)));
    stopped.push(...(await toTolerance(subject, tolerance)));
    subject.model.dispose();
  }
  console.log(`Until every state is within ${NEAR} of its limit:\n\n${tableOf(limited, columns, markdown)}\n`);
  console.log(`Until an example stops at a tolerance of ${tolerance}:\n\n${tableOf(stopped, columns, markdown)}`);
}

run(main);
