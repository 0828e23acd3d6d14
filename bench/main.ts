/** Times whole training steps. All contenders of a case take turns, so that a machine whose speed drifts is fair; so does
 * the loop that measures how fast the processor could be. */

import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { INSTRUCTION_SETS } from '../lib/engine/choose.js';
import type { Dataset } from '../lib/index.js';
import { type Accuracy, Reference } from './accuracy.js';
import { type Case, cases, flopsPerImage, randomImages } from './cases.js';
import { type Choice, type Contender, contenders, peakOf } from './contenders.js';
import { machine, sayMachine } from './machine.js';
import { memoryOf } from './memory.js';
import { percent, scientific, short, tableOf } from './table.js';
import { batchesPerTurn, median } from './timing.js';

interface Row {
  case: string;
  batch: number;
  engine: string;
  isa: string;
  threads: number;
  imagesPerSecond: number;
  gflops: number;
  /** Of what the instruction set could do on as many threads, measured between the turns. */
  shareOfPeak: number;
  /** The median time of the javascript engine divided by this one's. */
  timesJavascript: number;
  /** Resident, at the most, above those before the model was made. */
  bytes?: number;
  accuracy?: Accuracy | undefined;
  rounds: number;
}

const ENGINES = ['loops', 'javascript', 'native'] as const;
const names = cases.map(({ name }) => name);

const program = new Command('bench')
  .description('Images a second of a whole training step: all phases and the update.')
  .option('--case <names>', `of ${names.join(', ')}`, list(oneOf('--case', names)), ['paper-1', 'paper-2'])
  .option('--batch <numbers>', 'sizes of a batch', list(wholeNumber('--batch', 1)), [20, 128])
  .option('--engine <names>', `of ${ENGINES.join(', ')}`, list(oneOf('--engine', ENGINES)), [...ENGINES])
  .option('--isa <names>', 'instruction sets (default: all that run here)', list(oneOf('--isa', INSTRUCTION_SETS)))
  .option(
    '--threads <numbers>',
    'threads',
    list(wholeNumber('--threads', 1)),
    availableParallelism() > 1 ? [1, 2] : [1],
  )
  .option('--rounds <n>', 'turns of each contender, of which the median counts', wholeNumber('--rounds', 1), 5)
  .option('--no-details', 'leave out memory and accuracy, which take processes and float64')
  .option('--markdown', 'tables as Markdown')
  .option('--json', 'one JSON object on the last line of standard output')
  .parse();

interface Options extends Pick<Choice, 'threads'> {
  case: string[];
  batch: number[];
  engine: string[];
  isa?: string[];
  rounds: number;
  details: boolean;
  markdown?: true;
  json?: true;
}

/** As many whole batches as fill a turn. The first run warms up; the second tells the speed. */
async function sizeTurn(contender: Contender, batch: number): Promise<Dataset> {
  await contender.run(randomImages(batch, 1));
  const seconds = await contender.run(randomImages(batch, 2));
  return randomImages(batchesPerTurn(seconds) * batch, 3);
}

async function measure(benchCase: Case, batch: number, options: Options, reference?: Reference): Promise<Row[]> {
  const { engine: engines, isa: isas, threads, rounds } = options;
  const runners = contenders(benchCase, batch, { engines, isas, threads });
  const data: Dataset[] = [];
  for (const runner of runners) data.push(await sizeTurn(runner, batch));
  const perImage = runners.map((): number[] => []);
  const peaks = runners.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, runner] of runners.entries()) {
      peaks[i].push(peakOf(runner));
      perImage[i].push((await runner.run(data[i])) / data[i].count);
    }
  }
  const medians = perImage.map(median);
  const javascript = medians[runners.findIndex((runner) => runner.engine === 'javascript')] ?? Number.NaN;
  const rows: Row[] = [];
  for (const [i, { engine, isa, threads, dispose }] of runners.entries()) {
    dispose();
    const flops = flopsPerImage(benchCase) / medians[i];
    const row: Row = {
      ...{ case: benchCase.name, batch, engine, isa, threads, imagesPerSecond: 1 / medians[i], gflops: flops / 1e9 },
      ...{ shareOfPeak: flops / median(peaks[i]), timesJavascript: javascript / medians[i], rounds },
    };
    if (options.details && engine !== 'loops') {
      const native = engine === 'native';
      const asked = native ? { engine: 'native' as const, isa, threads } : { engine: 'javascript' as const };
      row.bytes = memoryOf({ case: benchCase.name, batch, steps: native ? 20 : 1, engine: asked }).peak;
      if (native) row.accuracy = await reference?.compare({ engine: 'native', isa });
    }
    rows.push(row);
  }
  return rows;
}

const columns = [
  { head: 'case', cell: (r: Row) => r.case },
  { head: 'batch', cell: (r: Row) => String(r.batch) },
  { head: 'engine', cell: (r: Row) => r.engine },
  { head: 'isa', cell: (r: Row) => r.isa },
  { head: 'threads', cell: (r: Row) => String(r.threads) },
  { head: 'images/s', cell: (r: Row) => short(r.imagesPerSecond) },
  { head: 'GFLOP/s', cell: (r: Row) => short(r.gflops) },
  { head: 'of peak', cell: (r: Row) => percent(r.shareOfPeak) },
  { head: '× javascript', cell: (r: Row) => (Number.isFinite(r.timesJavascript) ? r.timesJavascript.toFixed(2) : '') },
  { head: 'MB', cell: (r: Row) => (r.bytes === undefined ? '' : short(r.bytes / 1e6)) },
  { head: 'state error', cell: (r: Row) => scientific(r.accuracy?.states) },
  { head: '1 − cosine', cell: (r: Row) => scientific(r.accuracy && Math.max(0, 1 - r.accuracy.cosine)) },
];

async function main(): Promise<void> {
  const options = program.opts<Options>();
  const log = options.json ? console.error : console.log;
  log(sayMachine());
  const rows: Row[] = [];
  for (const benchCase of cases.filter(({ name }) => options.case.includes(name))) {
    const reference = options.details && options.engine.includes('native') ? await Reference.of(benchCase) : undefined;
    for (const batch of options.batch) {
      const measured = await measure(benchCase, batch, options, reference);
      log(`\n${tableOf(measured, columns, options.markdown ?? false)}`);
      rows.push(...measured);
    }
  }
  if (options.json) console.log(JSON.stringify({ machine: machine(), cases: rows }));
}

main();
