/** Times whole training steps. All contenders of a case take turns, so that a machine whose speed drifts is fair; so does
 * the loop that measures how fast the processor could be. */

import { Command } from 'commander';
import { list, numberFromZero, oneOf, wholeNumber } from '../lib/cli/options.js';
import type { Precision } from '../lib/engine/engine.js';
import type { Dataset } from '../lib/index.js';
import { type Accuracy, Reference } from './accuracy.js';
import { type Case, cases, flopsPerImage } from './cases.js';
import { type Contender, contenders, ENGINES } from './contenders.js';
import { addFormOptions, choiceOf, type FormOptions, hasNative, nativeForms, Peaks } from './forms.js';
import { digits, litOf, noise } from './images.js';
import { machine, sayMachine } from './machine.js';
import { memoryOf } from './resident.js';
import { run } from './run.js';
import { percent, scientific, short, tableOf } from './table.js';
import { batchesPerTurn, median, turnsOf } from './timing.js';

interface Row {
  case: string;
  batch: number;
  engine: string;
  isa: string;
  precision: Precision;
  threads: number;
  imagesPerSecond: number;
  gflops: number;
  /** Of the most that the instruction set did in float32 on as many threads, looked at between the turns. */
  shareOfPeak: number;
  /** The median time of the javascript engine divided by this one's. */
  timesJavascript: number;
  /** Resident, at the most, above those before the model was made. */
  bytes?: number;
  accuracy?: Accuracy | undefined;
  /** Of which the median counts. */
  turns: number;
}

const names = cases.map(({ name }) => name);

const program = new Command('bench')
  .description('Images a second of a whole training step: all phases and the update.')
  .option('--case <names>', `of ${names.join(', ')}`, list(oneOf('--case', names)), ['paper-1', 'paper-2'])
  .option('--batch <numbers>', 'sizes of a batch', list(wholeNumber('--batch', 1)), [20, 128])
  .option('--engine <names>', `of ${ENGINES.join(', ')}`, list(oneOf('--engine', ENGINES)), [...ENGINES])
  .option(
    '--rounds <n>',
    'turns of each contender, one of the slowest; the median counts',
    wholeNumber('--rounds', 1),
    5,
  )
  .option(
    '--lit <share>',
    'noise of which this share of the pixels is lit, in the place of digits',
    numberFromZero('--lit', 1),
  )
  .option('--no-details', 'leave out memory and accuracy, which take processes and float64')
  .option('--markdown', 'tables as Markdown')
  .option('--json', 'one JSON object on the last line of standard output');

interface Options extends FormOptions {
  case: string[];
  batch: number[];
  engine: (typeof ENGINES)[number][];
  rounds: number;
  lit?: number;
  details: boolean;
  markdown?: true;
  json?: true;
}

interface Runner extends Contender {
  /** As many whole batches as fill a turn. */
  readonly data: Dataset;
  readonly flopsPerImage: number;
  readonly turns: number;
  readonly secondsPerImage: number[];
}

/** The first run warms up; the second, unless the first was long, tells the speed. */
async function prepare(
  benchCase: Case,
  contender: Contender,
  batch: number,
  { rounds, lit }: Options,
): Promise<Runner> {
  const images = async (count: number) => (lit === undefined ? digits(count) : noise(count, 1, lit));
  let seconds = await contender.run(await images(batch));
  if (seconds < 1) seconds = await contender.run(await images(batch));
  const data = await images(batchesPerTurn(seconds) * batch);
  return {
    ...contender,
    data,
    flopsPerImage: flopsPerImage(benchCase, litOf(data)),
    turns: turnsOf(seconds, rounds),
    secondsPerImage: [],
  };
}

async function measure(benchCase: Case, batch: number, options: Options, reference?: Reference): Promise<Row[]> {
  const { engine: engines, rounds } = options;
  const runners: Runner[] = [];
  const peaks = new Peaks();
  for (const contender of contenders(benchCase, batch, engines, choiceOf(options))) {
    runners.push(await prepare(benchCase, contender, batch, options));
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of runners) {
      if (round >= runner.turns) continue;
      peaks.look(runner);
      runner.secondsPerImage.push((await runner.run(runner.data)) / runner.data.count);
    }
  }
  const medians = runners.map(({ secondsPerImage }) => median(secondsPerImage));
  const javascript = medians[runners.findIndex((runner) => runner.engine === 'javascript')] ?? Number.NaN;
  const rows: Row[] = [];
  for (const [i, { engine, isa, precision, threads, turns, dispose }] of runners.entries()) {
    dispose();
    const flops = runners[i].flopsPerImage / medians[i];
    const row: Row = {
      case: benchCase.name,
      batch,
      engine,
      isa,
      precision,
      threads,
      imagesPerSecond: 1 / medians[i],
      gflops: flops / 1e9,
      shareOfPeak: flops / peaks.of({ isa, threads }),
      timesJavascript: javascript / medians[i],
      turns,
    };
    if (options.details && engine !== 'loops') {
      const native = precision !== 'float64';
      const asked = native ? { engine: 'native' as const, isa, precision, threads } : { engine: 'javascript' as const };
      row.bytes = memoryOf({ case: benchCase.name, batch, steps: native ? 5 : 1, engine: asked }).peak;
      if (native) row.accuracy = await reference?.compare(asked);
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
  { head: 'precision', cell: (r: Row) => r.precision },
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
  const options = addFormOptions(program).parse().opts<Options>();
  const log = options.json ? console.error : console.log;
  log(sayMachine());
  // Complains of a wrong choice before anything is computed.
  const hasForms = options.engine.includes('native') && hasNative() && nativeForms(choiceOf(options)).length > 0;
  const rows: Row[] = [];
  for (const benchCase of cases.filter(({ name }) => options.case.includes(name))) {
    const reference = options.details && hasForms ? await Reference.of(benchCase) : undefined;
    for (const batch of options.batch) {
      const measured = await measure(benchCase, batch, options, reference);
      log(`\n${tableOf(measured, columns, options.markdown ?? false)}`);
      rows.push(...measured);
    }
  }
  if (options.json) console.log(JSON.stringify({ machine: machine(), cases: rows }));
}

run(main);
