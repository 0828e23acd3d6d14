/** Times whole training steps. All contenders of a case take turns, so that a machine whose speed drifts is fair. */

import { cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { Dataset } from '../lib/index.js';
import { type Case, cases, flopsPerImage, randomImages } from './cases.js';
import { type Contender, contenders } from './contenders.js';
import { batchesPerTurn, median } from './timing.js';

interface Row {
  case: string;
  batch: number;
  engine: string;
  isa: string;
  threads: number;
  imagesPerSecond: number;
  gflops: number;
  /** The median time of the javascript engine divided by this one's. */
  timesJavascript: number;
  rounds: number;
}

const positiveInteger = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
};

const program = new Command('bench')
  .description('Images a second of a whole training step: both phases and the update.')
  .option('--case <name>', `only this case: ${cases.map((c) => c.name).join(', ')}`)
  .option('--batch <n>', 'only this batch size; 20 and 128 by default', positiveInteger)
  .option('--rounds <n>', 'turns of each contender, of which the median counts', positiveInteger, 5)
  .option('--json', 'one JSON object on the last line of standard output')
  .parse();

/** As many whole batches as fill a turn. The first run warms up; the second tells the speed. */
async function sizeTurn(contender: Contender, batch: number): Promise<Dataset> {
  await contender.run(randomImages(batch, 1));
  const seconds = await contender.run(randomImages(batch, 2));
  return randomImages(batchesPerTurn(seconds) * batch, 3);
}

async function measure(benchCase: Case, batch: number, rounds: number): Promise<Row[]> {
  const runners = contenders(benchCase, batch);
  const data: Dataset[] = [];
  for (const runner of runners) data.push(await sizeTurn(runner, batch));
  const perImage = runners.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, runner] of runners.entries()) perImage[i].push((await runner.run(data[i])) / data[i].count);
  }
  const medians = perImage.map(median);
  const javascript = medians[runners.findIndex((runner) => runner.engine === 'javascript')];
  return runners.map((runner, i) => {
    runner.dispose();
    return {
      case: benchCase.name,
      batch,
      engine: runner.engine,
      isa: runner.isa,
      threads: runner.threads,
      imagesPerSecond: 1 / medians[i],
      gflops: flopsPerImage(benchCase) / medians[i] / 1e9,
      timesJavascript: javascript / medians[i],
      rounds,
    };
  });
}

function show(rows: readonly Row[]): string {
  const head = ['case', 'batch', 'engine', 'isa', 'threads', 'images/s', 'GFLOP/s', '× javascript'];
  const body = rows.map((r) => [
    r.case,
    String(r.batch),
    r.engine,
    r.isa,
    String(r.threads),
    r.imagesPerSecond.toFixed(r.imagesPerSecond < 100 ? 1 : 0),
    r.gflops.toFixed(1),
    r.timesJavascript.toFixed(2),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((line) => line[i].length)));
  return [head, ...body].map((line) => line.map((cell, i) => cell.padStart(widths[i])).join('  ')).join('\n');
}

async function main(): Promise<void> {
  const options = program.opts<{ case?: string; batch?: number; rounds: number; json?: boolean }>();
  const chosen = cases.filter(({ name }) => options.case === undefined || name === options.case);
  if (chosen.length === 0)
    program.error(`error: there is no case '${options.case}': ${cases.map((c) => c.name).join(', ')}`);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    arch: process.arch,
  };
  const log = options.json ? console.error : console.log;
  log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  const rows: Row[] = [];
  for (const benchCase of chosen) {
    for (const batch of options.batch === undefined ? [20, 128] : [options.batch]) {
      const measured = await measure(benchCase, batch, options.rounds);
      log(`\n${show(measured)}`);
      rows.push(...measured);
    }
  }
  if (options.json) console.log(JSON.stringify({ machine, cases: rows }));
}

main();
