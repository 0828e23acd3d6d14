/** How the time of a training step grows with a network's width and depth, with the batch and with threads: one panel each. */

import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Curve, Panel, Point } from '../lib/chart/panel.js';
import { pictureOf } from '../lib/chart/picture.js';
import { wholeNumber } from '../lib/cli/options.js';
import { type Case, modelOf, randomImages, trainingOf } from './cases.js';
import { sayMachine } from './machine.js';
import { batchesPerTurn, median } from './timing.js';

/** A case of Euler steps, ten free and two nudged. */
const caseOf = (hidden: readonly number[]): Case => ({
  name: hidden.join('-'),
  sizes: [784, ...hidden, 10],
  free: 10,
  nudged: 2,
  rates: [...hidden.map(() => 1e-4), 1e-4], // so small that nothing diverges
});

const DOUBLES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const between = (low: number, high: number) => DOUBLES.filter((n) => n >= low && n <= high);

/** Seconds of one training step. */
async function secondsOf(hidden: readonly number[], batch: number, threads: number, rounds: number): Promise<number> {
  const benchCase = caseOf(hidden);
  const model = modelOf(benchCase, { engine: 'native', threads });
  const train = async (batches: number) => {
    const data = randomImages(batch * batches, 1);
    const [{ seconds }] = await model.fit(data, {
      ...trainingOf(benchCase),
      epochs: 1,
      batchSize: batch,
      shuffle: false,
    });
    return seconds / batches;
  };
  await train(1);
  const batches = Math.min(batchesPerTurn(2 * (await train(1))), Math.ceil(20_000 / batch));
  const turns: number[] = [];
  for (let round = 0; round < rounds; round++) turns.push(await train(batches));
  model.dispose();
  return median(turns);
}

interface Axis {
  readonly title: string;
  readonly xLabel: string;
  readonly values: readonly number[];
  readonly network: (x: number) => { hidden: readonly number[]; batch: number };
}

const AXES: readonly Axis[] = [
  {
    title: 'Width of two hidden layers, batch 64',
    xLabel: 'units of each hidden layer',
    values: between(128, 4096),
    network: (x) => ({ hidden: [x, x], batch: 64 }),
  },
  {
    title: 'Depth, 512 units a layer, batch 64',
    xLabel: 'hidden layers',
    values: between(1, 16),
    network: (x) => ({ hidden: Array.from({ length: x }, () => 512), batch: 64 }),
  },
  {
    title: 'Batch, two hidden layers of 512',
    xLabel: 'examples in a batch',
    values: between(1, 1024),
    network: (x) => ({ hidden: [512, 512], batch: x }),
  },
];

async function panelOf({ title, xLabel, values, network }: Axis, rounds: number): Promise<Panel> {
  const curves: Curve[] = [];
  for (const threads of [1, 2]) {
    const line: Point[] = [];
    for (const x of values) {
      const { hidden, batch } = network(x);
      const seconds = await secondsOf(hidden, batch, threads, rounds);
      line.push([x, 1000 * seconds]);
      console.log(`${title}; ${threads} threads; ${x}: ${(1000 * seconds).toPrecision(3)} ms`);
    }
    curves.push({ label: threads === 1 ? 'one thread' : `${threads} threads`, line, marks: line });
  }
  const description = `Milliseconds of a training step. ${title}.`;
  return { title, description, xLabel, yLabel: 'ms a training step', xScale: 'log', xTicks: values, curves };
}

async function main(): Promise<void> {
  const { rounds, out } = new Command('growth')
    .description('The time of a training step against width, depth and batch, as an SVG.')
    .option('--rounds <n>', 'turns of each, of which the median counts', wholeNumber('--rounds', 1), 3)
    .option('--out <file>', 'the picture', 'docs/pictures/growth.svg')
    .parse()
    .opts<{ rounds: number; out: string }>();
  const panels: Panel[] = [];
  for (const axis of AXES) panels.push(await panelOf(axis, rounds));
  await writeFile(out, await pictureOf(`A training step, 10 + 2 iterations; ${sayMachine()}`, panels));
}

main();
