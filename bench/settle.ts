/** Times settling alone: the free phase of a trained-size network, without its drive's share and without an update. */

import { Command } from 'commander';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { type Case, cases, dynamicsOf, modelOf, settlingFlops } from './cases.js';
import { addFormOptions, choiceOf, type Form, type FormOptions, nativeForms, Peaks } from './forms.js';
import { digits } from './images.js';
import { sayMachine } from './machine.js';
import { run } from './run.js';
import { percent, short, tableOf } from './table.js';
import { median } from './timing.js';

interface Options extends FormOptions {
  case: string;
  batch: number[];
  rounds: number;
  markdown?: true;
}

interface Row extends Form {
  readonly batch: number;
  readonly gflops: number;
  readonly shareOfPeak: number;
  /** The time of one thread divided by this one's; not a number where one was not asked for. */
  readonly timesOne: number;
}

const names = cases.map(({ name }) => name);

/** So many iterations that what is done once a call, the drive and copies, is a few per cent: it is counted as nothing. */
const ITERATIONS = 600;

async function measure(benchCase: Case, batch: number, forms: readonly Form[], rounds: number): Promise<Row[]> {
  const input = (await digits(batch)).inputsAsFloats(0, batch);
  const peaks = new Peaks();
  const dynamics = dynamicsOf(ITERATIONS);
  const runners = forms.map((form) => ({
    form,
    model: modelOf(benchCase, { engine: 'native', ...form }),
    seconds: [] as number[],
  }));
  for (let round = -1; round < rounds; round++) {
    for (const { form, model, seconds } of runners) {
      peaks.look(form);
      const started = performance.now();
      await model.settle({ input, dynamics });
      if (round < 0) continue; // warms up
      seconds.push((performance.now() - started) / 1000);
    }
  }
  const flops = settlingFlops(benchCase.sizes, ITERATIONS) * batch;
  const rows = runners.map(({ form, model, seconds }) => {
    model.dispose();
    const speed = flops / median(seconds);
    return { ...form, batch, gflops: speed / 1e9, shareOfPeak: speed / peaks.of(form) };
  });
  return rows.map((row) => {
    const one = rows.find(({ isa, precision, threads }) => {
      return threads === 1 && isa === row.isa && precision === row.precision;
    });
    return { ...row, timesOne: one ? row.gflops / one.gflops : Number.NaN };
  });
}

const columns = [
  { head: 'batch', cell: (r: Row) => String(r.batch) },
  { head: 'isa', cell: (r: Row) => r.isa },
  { head: 'precision', cell: (r: Row) => r.precision },
  { head: 'threads', cell: (r: Row) => String(r.threads) },
  { head: 'GFLOP/s', cell: (r: Row) => short(r.gflops) },
  { head: 'of peak', cell: (r: Row) => percent(r.shareOfPeak) },
  { head: '× one thread', cell: (r: Row) => (Number.isFinite(r.timesOne) ? r.timesOne.toFixed(2) : '') },
];

async function main(): Promise<void> {
  const command = new Command('settle')
    .description('GFLOP/s of settling alone, and the share of what the processor can do at most in float32.')
    .option('--case <name>', `one of ${names.join(', ')}`, oneOf('--case', names), 'paper-2')
    .option('--batch <numbers>', 'sizes of a batch', list(wholeNumber('--batch', 1)), [20, 64, 128, 256])
    .option('--rounds <n>', 'turns of each, of which the median counts', wholeNumber('--rounds', 1), 7)
    .option('--markdown', 'the table as Markdown');
  const options = addFormOptions(command).parse().opts<Options>();
  console.log(`${sayMachine()}; ${options.case}`);
  const rows: Row[] = [];
  for (const benchCase of cases.filter(({ name }) => name === options.case)) {
    for (const batch of options.batch) {
      rows.push(...(await measure(benchCase, batch, nativeForms(choiceOf(options)), options.rounds)));
    }
  }
  console.log(`\n${tableOf(rows, columns, options.markdown ?? false)}`);
}

run(main);
