/** Times eqprop's training steps beside those of other libraries, once all of them have shown that they take the same. */

import { availableParallelism, cpus } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { BETA, type Case, paperCases as cases, flopsPerImage, modelOf, STEP_SIZE } from '../../../dist/bench/cases.js';
import { digits, litOf } from '../../../dist/bench/images.js';
import {
  type Differences,
  differences,
  layeredOf,
  type Outcome,
  outcomeOf,
  setLayered,
} from '../../../dist/bench/outcome.js';
import { batchesPerTurn, median } from '../../../dist/bench/timing.js';
import { formatTable } from '../../../dist/lib/cli/table.js';
import { Random } from '../../../dist/lib/random.js';
import type { Child } from './child.js';
import { type Contender, contenders, hasTorch, NAMES } from './contenders.js';
import type { StartAnswer, StepAnswer, Task, TrainAnswer } from './wire.js';

/** The cases and batch sizes that are compared. */
const MATRIX: readonly (readonly [name: string, batch: number])[] = [
  ['paper-1', 20],
  ['paper-2', 20],
  ['paper-2', 128],
];

/** How far a contender may be from the float64 reference: a state, which 150 iterations of first weights carry to 1.5e-5 in
 * float32, an update as a share of the greatest, and at least the cosine of the angle between all updates. */
const BOUNDS: Differences = { states: 3e-5, updates: 1e-3, cosine: 0.9999 };

/** Training goes round so many batches. */
const BATCHES = 4;

interface Row extends Differences {
  case: string;
  batch: number;
  contender: string;
  form: string;
  version: string;
  threads: number;
  imagesPerSecond: number;
  gflops: number;
  /** How many times faster the best of eqprop is than this. */
  timesSlower: number;
  rounds: number;
}

interface Running {
  readonly contender: Contender;
  readonly child: Child;
  readonly version: string;
  readonly differences: Differences;
}

/** Digits, and a network's first weights with biases that are not zero. */
async function taskOf(benchCase: Case, batch: number): Promise<Omit<Task, 'threads' | 'form'>> {
  const model = modelOf(benchCase, { engine: 'javascript' });
  const random = new Random(2);
  const { weights, biases } = layeredOf(model);
  model.dispose();
  const classes = benchCase.sizes[benchCase.sizes.length - 1];
  const batches: { inputs: Float32Array; targets: Float32Array }[] = [];
  for (let i = 0; i < BATCHES; i++) {
    const data = await digits(batch, i * batch);
    const targets = new Float32Array(batch * classes);
    for (const [e, label] of (data.labels ?? []).entries()) targets[e * classes + label] = 1;
    batches.push({ inputs: Float32Array.from(data.inputsAsFloats(0, batch)), targets });
  }
  const parameters = { weights, biases: biases.map((data) => data.map(() => 0.2 * random.uniform() - 0.1)) };
  return { case: benchCase, batch, stepSize: STEP_SIZE, beta: BETA, parameters, batches };
}

async function referenceOf({ case: benchCase, parameters, batches }: Omit<Task, 'threads' | 'form'>): Promise<Outcome> {
  const model = modelOf(benchCase, { engine: 'javascript' });
  setLayered(model, parameters);
  const outcome = await outcomeOf(model, benchCase, batches[0].inputs, batches[0].targets);
  model.dispose();
  return outcome;
}

/** Starts a contender and has it take one step, which must be the reference's. */
async function check(
  contender: Contender,
  common: Omit<Task, 'threads' | 'form'>,
  reference: Outcome,
): Promise<Running> {
  const child = contender.start();
  const { threads, form } = contender;
  try {
    const { version } = await child.ask<StartAnswer>({ ask: 'start', task: { ...common, threads, form } });
    const outcome = await child.ask<StepAnswer>({ ask: 'step' });
    const found = differences(outcome, reference, common.parameters);
    const { states, updates, cosine } = found;
    if (!(states <= BOUNDS.states && updates <= BOUNDS.updates && cosine >= BOUNDS.cosine)) {
      throw new Error(
        `${labelOf(contender)} does not take the same step: its states differ by ${states.toExponential(1)} ` +
          `(at most ${BOUNDS.states}), its updates by ${updates.toExponential(1)} of the greatest (at most ` +
          `${BOUNDS.updates}), with a cosine of ${cosine} (at least ${BOUNDS.cosine})`,
      );
    }
    return { contender, child, version, differences: found };
  } catch (error) {
    await child.close();
    throw error;
  }
}

const errorOf = (cosine: number) => Math.max(0, 1 - cosine).toExponential(0);

function labelOf({ name, form, threads }: Contender): string {
  return `${name}${form && ` (${form})`}, ${threads} thread${threads === 1 ? '' : 's'}`;
}

async function measure(
  [name, batch]: (typeof MATRIX)[number],
  list: readonly Contender[],
  rounds: number,
  log: (line: string) => void,
): Promise<Row[]> {
  const benchCase = cases.find((c) => c.name === name) as Case;
  const common = await taskOf(benchCase, batch);
  const lit = litOf(await digits(BATCHES * batch));
  const reference = await referenceOf(common);
  log(`\n${name}, batch ${batch}: greatest differences from the float64 reference after one step`);
  const running: Running[] = [];
  try {
    for (const contender of list) {
      const one = await check(contender, common, reference);
      running.push(one);
      const { states, updates, cosine } = one.differences;
      log(
        `  ${labelOf(contender)}: states ${states.toExponential(1)}, updates ${updates.toExponential(1)} of the ` +
          `greatest, 1 − cosine ${errorOf(cosine)}`,
      );
    }
    const train = async (child: Child, steps: number) =>
      (await child.ask<TrainAnswer>({ ask: 'train', steps })).seconds / steps;
    const turns: number[] = [];
    for (const { child } of running) turns.push(batchesPerTurn(await train(child, 1)));
    const perBatch = running.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [i, { child }] of running.entries()) perBatch[i].push(await train(child, turns[i]));
    }
    const medians = perBatch.map(median);
    const best = Math.min(...medians.filter((_, i) => running[i].contender.name === 'eqprop'));
    return running.map(({ contender, version, differences: found }, i) => ({
      case: name,
      batch,
      contender: contender.name,
      form: contender.form,
      version,
      threads: contender.threads,
      ...found,
      imagesPerSecond: batch / medians[i],
      gflops: (flopsPerImage(benchCase, lit) * batch) / medians[i] / 1e9,
      timesSlower: medians[i] / best,
      rounds,
    }));
  } finally {
    for (const { child } of running) await child.close();
  }
}

/** All contenders, and under them how the best of each compares. */
function show(rows: readonly Row[]): string {
  const titles = [
    'case',
    'batch',
    'contender',
    'form',
    'version',
    'threads',
    'images/s',
    'GFLOP/s',
    'eqprop is faster',
    'state error',
    '1 − cosine',
  ];
  const texts = ['case', 'contender', 'form', 'version'];
  const columns = titles.map((title) => ({ title, isNumber: !texts.includes(title) }));
  const cells = rows.map((r) => [
    r.case,
    String(r.batch),
    r.contender,
    r.form,
    r.version,
    String(r.threads),
    r.imagesPerSecond.toFixed(r.imagesPerSecond < 100 ? 1 : 0),
    r.gflops.toFixed(1),
    `${r.timesSlower.toFixed(2)} ×`,
    r.states.toExponential(0),
    errorOf(r.cosine),
  ]);
  return formatTable(columns, cells).join('\n');
}

function bestOfEach(rows: readonly Row[]): Row[] {
  const names = [...new Set(rows.map(({ contender }) => contender))];
  return names.map((name) =>
    rows
      .filter(({ contender }) => contender === name)
      .reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a)),
  );
}

const wholeNumber = (text: string) => {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
};
const wholeNumbers = (text: string) => text.split(',').map(wholeNumber);
const names = (text: string) => {
  const list = text.split(',');
  const unknown = list.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no '${unknown}'; there are ${NAMES.join(', ')}.`);
  return list;
};

async function main(): Promise<void> {
  const command = new Command('rivals')
    .description('Images a second of the same training steps by eqprop and by other libraries.')
    .option('--case <name>', 'only this case')
    .option('--batch <n>', 'only this batch size', wholeNumber)
    .option('--only <names>', `eqprop and some of ${NAMES.slice(1).join(', ')}`, names)
    .option('--threads <list>', 'numbers of threads', wholeNumbers, availableParallelism() > 1 ? [1, 2] : [1])
    .option('--rounds <n>', 'turns of each contender, of which the median counts', wholeNumber, 5)
    .option('--python <command>', 'the Python that has PyTorch', 'python3')
    .option('--json', 'one JSON object on the last line of standard output')
    .parse();
  const options = command.opts<{
    case?: string;
    batch?: number;
    only?: string[];
    threads: number[];
    rounds: number;
    python: string;
    json?: boolean;
  }>();
  const log = options.json ? console.error : console.log;
  const chosen = MATRIX.filter(
    ([name, batch]) => name === (options.case ?? name) && batch === (options.batch ?? batch),
  );
  if (chosen.length === 0) {
    command.error(`error: the cases are ${MATRIX.map(([name, batch]) => `${name} at batch ${batch}`).join(', ')}`);
  }
  let wanted = ['eqprop', ...(options.only ?? NAMES).filter((name) => name !== 'eqprop')];
  if (wanted.includes('pytorch') && !hasTorch(options.python)) {
    log(`PyTorch is left out: '${options.python}' has no module torch`);
    wanted = wanted.filter((name) => name !== 'pytorch');
  }
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    arch: process.arch,
  };
  log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
  const rows: Row[] = [];
  for (const one of chosen) {
    const measured = await measure(one, contenders(wanted, options.threads, options.python), options.rounds, log);
    log(`\n${show(measured)}\n\nThe best of each:\n${show(bestOfEach(measured))}`);
    rows.push(...measured);
  }
  if (options.json) console.log(JSON.stringify({ machine, cases: rows }));
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
