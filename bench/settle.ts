/** Times settling alone: the free phase of a trained-size network, without its drive's share and without an update. */

import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { INSTRUCTION_SETS } from '../lib/engine/choose.js';
import { type Case, cases, dynamicsOf, modelOf, randomImages, settlingFlops } from './cases.js';
import { instructionSets, peakOf } from './contenders.js';
import { sayMachine } from './machine.js';
import { percent, short, tableOf } from './table.js';
import { median } from './timing.js';

interface Row {
  readonly isa: string;
  readonly threads: number;
  readonly batch: number;
  readonly gflops: number;
  readonly shareOfPeak: number;
  /** The time of one thread divided by this one's. */
  readonly timesOne: number;
}

const names = cases.map(({ name }) => name);

/** So many iterations that what is done once a call, the drive and copies, is a few per cent: it is counted as nothing. */
const ITERATIONS = 600;

async function measure(
  benchCase: Case,
  batch: number,
  isa: string,
  threads: readonly number[],
  rounds: number,
): Promise<Row[]> {
  const input = randomImages(batch, 3).inputsAsFloats(0, batch);
  const dynamics = dynamicsOf(ITERATIONS);
  const runners = threads.map((count) => ({
    count,
    model: modelOf(benchCase, { engine: 'native', isa, threads: count }),
    seconds: [] as number[],
    peaks: [] as number[],
  }));
  for (let round = -1; round < rounds; round++) {
    for (const { count, model, seconds, peaks } of runners) {
      const peak = peakOf({ isa, threads: count });
      const started = performance.now();
      await model.settle({ input, dynamics });
      if (round < 0) continue; // warms up
      seconds.push((performance.now() - started) / 1000);
      peaks.push(peak);
    }
  }
  const one = median(runners[0].seconds);
  return runners.map(({ count, model, seconds, peaks }) => {
    model.dispose();
    const flops = (settlingFlops(benchCase.sizes, ITERATIONS) * batch) / median(seconds);
    return {
      ...{ isa, threads: count, batch, gflops: flops / 1e9, shareOfPeak: flops / median(peaks) },
      timesOne: runners[0].count === 1 ? one / median(seconds) : Number.NaN,
    };
  });
}

const columns = [
  { head: 'isa', cell: (r: Row) => r.isa },
  { head: 'batch', cell: (r: Row) => String(r.batch) },
  { head: 'threads', cell: (r: Row) => String(r.threads) },
  { head: 'GFLOP/s', cell: (r: Row) => short(r.gflops) },
  { head: 'of peak', cell: (r: Row) => percent(r.shareOfPeak) },
  { head: '× one thread', cell: (r: Row) => (Number.isFinite(r.timesOne) ? r.timesOne.toFixed(2) : '') },
];

async function main(): Promise<void> {
  const options = new Command('settle')
    .description('GFLOP/s of settling alone, and the share of what the processor can do at most.')
    .option('--case <name>', `one of ${names.join(', ')}`, oneOf('--case', names), 'paper-2')
    .option('--batch <numbers>', 'sizes of a batch', list(wholeNumber('--batch', 1)), [20, 64, 128, 256])
    .option('--isa <names>', 'instruction sets (default: all that run here)', list(oneOf('--isa', INSTRUCTION_SETS)))
    .option(
      '--threads <numbers>',
      'threads',
      list(wholeNumber('--threads', 1)),
      availableParallelism() > 1 ? [1, 2] : [1],
    )
    .option('--rounds <n>', 'turns of each, of which the median counts', wholeNumber('--rounds', 1), 7)
    .option('--markdown', 'the table as Markdown')
    .parse()
    .opts<{ case: string; batch: number[]; isa?: string[]; threads: number[]; rounds: number; markdown?: true }>();
  console.log(`${sayMachine()}; ${options.case}`);
  const rows: Row[] = [];
  for (const isa of options.isa ?? instructionSets()) {
    for (const batch of options.batch) {
      for (const benchCase of cases.filter(({ name }) => name === options.case)) {
        rows.push(...(await measure(benchCase, batch, isa, options.threads, options.rounds)));
      }
    }
  }
  console.log(`\n${tableOf(rows, columns, options.markdown ?? false)}`);
}

main();
