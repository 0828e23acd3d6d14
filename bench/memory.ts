/** Whether a training that goes on keeps its memory, and how much that is. */

import { Command } from 'commander';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { cases } from './cases.js';
import { sayMachine } from './machine.js';
import { type Memory, memoryOf } from './resident.js';
import { run } from './run.js';
import { short, tableOf } from './table.js';

interface Row extends Memory {
  readonly case: string;
  readonly batch: number;
  readonly steps: number;
}

const names = cases.map(({ name }) => name);
const megabytes = (bytes: number) => short(bytes / 1e6);

const columns = [
  { head: 'case', cell: (r: Row) => r.case },
  { head: 'batch', cell: (r: Row) => String(r.batch) },
  { head: 'steps', cell: (r: Row) => String(r.steps) },
  { head: 'peak, MB', cell: (r: Row) => megabytes(r.peak) },
  { head: 'growth after a tenth of the steps, MB', cell: (r: Row) => megabytes(r.growth) },
];

function main(): void {
  const options = new Command('memory')
    .description('Resident memory of trainings on the native engine, each in a process of its own, without the data.')
    .option('--case <names>', `of ${names.join(', ')}`, list(oneOf('--case', names)), ['paper-1'])
    .option('--batch <numbers>', 'sizes of a batch', list(wholeNumber('--batch', 1)), [20])
    .option('--steps <n>', 'training steps', wholeNumber('--steps', 1), 10_000)
    .option('--threads <n>', 'threads (default: one a core)', wholeNumber('--threads', 1))
    .option('--markdown', 'the table as Markdown')
    .parse()
    .opts<{ case: string[]; batch: number[]; steps: number; threads?: number; markdown?: true }>();
  const { steps, threads } = options;
  const engine = { engine: 'native' as const, ...(threads !== undefined && { threads }) };
  const rows = options.case.flatMap((name) =>
    options.batch.map(
      (batch): Row => ({ case: name, batch, steps, ...memoryOf({ case: name, batch, steps, engine }) }),
    ),
  );
  console.log(sayMachine());
  console.log(tableOf(rows, columns, options.markdown ?? false));
}

run(main);
