/** How the time of a training step grows with a network's width and depth, with the batch and with threads: a panel of the
 * picture and a table each. */

import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Panel } from '../lib/chart/panel.js';
import { pictureOf } from '../lib/chart/picture.js';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { type Case, flopsPerImage, modelOf, TIMED, trainingOf } from './cases.js';
import { addFormOptions, choiceOf, type Form, type FormOptions, nativeForms } from './forms.js';
import { digits, litOf } from './images.js';
import { machine, sayMachine } from './machine.js';
import { run } from './run.js';
import { short, tableOf } from './table.js';
import { batchesPerTurn, median } from './timing.js';

/** A network of Euler steps, ten free and two nudged. */
const caseOf = (hidden: readonly number[]): Case => ({
  name: hidden.join('-'),
  sizes: [784, ...hidden, 10],
  free: 10,
  nudged: 2,
  rates: [...hidden, 10].map(() => 1e-4), // so small that nothing diverges
});

interface Axis {
  readonly title: string;
  readonly xLabel: string;
  readonly values: readonly number[];
  readonly network: (x: number) => { hidden: readonly number[]; batch: number };
}

const AXES = {
  width: {
    title: 'Width of two hidden layers, batch 64',
    xLabel: 'units of each hidden layer',
    values: doubles(128, 4096),
    network: (x) => ({ hidden: [x, x], batch: 64 }),
  },
  depth: {
    title: 'Depth, 512 units a layer, batch 64',
    xLabel: 'hidden layers',
    values: doubles(1, 16),
    network: (x) => ({ hidden: Array.from({ length: x }, () => 512), batch: 64 }),
  },
  batch: {
    title: 'Batch, two hidden layers of 512',
    xLabel: 'examples in a batch',
    values: doubles(1, 1024),
    network: (x) => ({ hidden: [512, 512], batch: x }),
  },
} as const satisfies Readonly<Record<string, Axis>>;

type AxisName = keyof typeof AXES;
const AXIS_NAMES = Object.keys(AXES) as AxisName[];

function doubles(low: number, high: number): number[] {
  const values: number[] = [];
  for (let x = low; x <= high; x *= 2) values.push(x);
  return values;
}

/** One place on an axis, in one form. */
interface Measurement extends Form {
  readonly axis: AxisName;
  readonly x: number;
  /** Of one training step. */
  readonly seconds: number;
  readonly gflops: number;
}

/** All forms take turns. */
async function measure(axis: AxisName, x: number, forms: readonly Form[], rounds: number): Promise<Measurement[]> {
  const { hidden, batch } = AXES[axis].network(x);
  const benchCase = caseOf(hidden);
  const runners = forms.map((form) => ({ form, model: modelOf(benchCase, { engine: 'native', ...form }) }));
  const schedule = { ...trainingOf(benchCase, TIMED), epochs: 1, batchSize: batch, shuffle: false };
  const turns = forms.map((): number[] => []);
  const one = await digits(batch);
  for (const { model } of runners) await model.fit(one, schedule); // warms up
  const [{ seconds: slowest }] = await runners[0].model.fit(one, schedule);
  const batches = Math.min(batchesPerTurn(slowest), Math.ceil(20_000 / batch));
  const data = await digits(batch * batches);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { model }] of runners.entries()) {
      const [{ seconds }] = await model.fit(data, schedule);
      turns[i].push(seconds / batches);
    }
  }
  return runners.map(({ form, model }, i) => {
    model.dispose();
    const seconds = median(turns[i]);
    return { axis, x, ...form, seconds, gflops: (flopsPerImage(benchCase, litOf(data)) * batch) / seconds / 1e9 };
  });
}

const nameOf = ({ isa, precision, threads }: Form) =>
  `${isa} ${precision}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;

function panelOf(axis: AxisName, found: readonly Measurement[]): Panel {
  const { title, xLabel, values } = AXES[axis];
  const names = [...new Set(found.map(nameOf))];
  const curves = names.map((label) => {
    const line = found.filter((m) => nameOf(m) === label).map(({ x, seconds }) => [x, 1000 * seconds] as const);
    return { label, line, marks: line };
  });
  const ends = curves.map(
    ({ label, line }) => `${label} from ${short(line[0][1])} to ${short(line[line.length - 1][1])}`,
  );
  return {
    ...{ title, xLabel, yLabel: 'ms a training step', xScale: 'log', xTicks: values, curves },
    description: `${title}: milliseconds of a training step over ${xLabel}; ${ends.join(', ')}.`,
  };
}

const columns = [
  { head: 'axis', cell: (m: Measurement) => m.axis },
  { head: 'at', cell: (m: Measurement) => String(m.x) },
  { head: 'form', cell: nameOf },
  { head: 'ms a step', cell: (m: Measurement) => (1000 * m.seconds).toPrecision(3) },
  { head: 'GFLOP/s', cell: (m: Measurement) => short(m.gflops) },
];

interface Options extends FormOptions {
  axis: AxisName[];
  rounds: number;
  out: string;
  markdown?: true;
  json?: true;
}

async function main(): Promise<void> {
  const command = new Command('growth')
    .description(
      'The time of a training step of 10 + 2 iterations against width, depth and batch, as an SVG and tables.',
    )
    .option('--axis <names>', `of ${AXIS_NAMES.join(', ')}`, list(oneOf('--axis', AXIS_NAMES)), AXIS_NAMES)
    .option('--rounds <n>', 'turns of each, of which the median counts', wholeNumber('--rounds', 1), 5)
    .option('--out <file>', 'the picture', 'docs/pictures/growth.svg')
    .option('--markdown', 'tables as Markdown')
    .option('--json', 'one JSON object on the last line of standard output');
  const options = addFormOptions(command).parse().opts<Options>();
  // Unless another is asked for: the widest instruction set, whose forms come first.
  const all = nativeForms(choiceOf(options));
  const forms = options.isa ? all : all.filter(({ isa }) => isa === all[0].isa);
  const log = options.json ? console.error : console.log;
  log(sayMachine());
  const found: Measurement[] = [];
  for (const axis of options.axis) {
    const measured: Measurement[] = [];
    for (const x of AXES[axis].values) measured.push(...(await measure(axis, x, forms, options.rounds)));
    log(`\n${tableOf(measured, columns, options.markdown ?? false)}`);
    found.push(...measured);
  }
  const panels = options.axis.map((axis) =>
    panelOf(
      axis,
      found.filter((m) => m.axis === axis),
    ),
  );
  await writeFile(options.out, await pictureOf(`A training step of 10 + 2 iterations; ${sayMachine()}`, panels));
  if (options.json) console.log(JSON.stringify({ machine: machine(), steps: found }));
}

run(main);
