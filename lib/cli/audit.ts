import type { Command } from 'commander';
import type { AuditReport } from '../audit/report.js';
import type { Dataset } from '../data/dataset.js';
import { targetSizeOf } from '../energy/problem.js';
import { ArgumentError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic.js';
import { type AuditOptions, tightened } from '../model/audit.js';
import { checkData } from '../model/checks.js';
import type { Model } from '../model.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Estimator } from '../phases/estimator.js';
import { euler } from '../phases/euler.js';
import { finiteDifferences } from '../phases/finite-differences.js';
import { recurrentBackprop } from '../phases/recurrent-backprop.js';
import { truncatedBackprop } from '../phases/truncated-backprop.js';
import { formatAudit } from './audit-report.js';
import { AUDITED, type AuditedName, checkPoints, makeEstimator } from './estimators.js';
import {
  addEngineOptions,
  addJsonOption,
  addScaleOption,
  DATA_HELP,
  ENVIRONMENT_HELP,
  evenNumber,
  list,
  nameAmong,
  positiveNumber,
  wholeNumber,
} from './options.js';
import { formatCount, printJson, printLine } from './output.js';
import { nameOfData } from './run-folder.js';
import { openTrained, type TrainedOptions } from './trained.js';

/** How many steps `truncatedBackprop` differentiates as a reference: by then what is left of a perturbation is small. */
const REFERENCE_STEPS = 200;

/** Beyond so many numbers, finite differences take their time. */
const MANY_PARAMETERS = 2000;

const REFERENCES = {
  recurrentBackprop: (free: Dynamics) => recurrentBackprop({ free }),
  finiteDifferences: (free: Dynamics) => finiteDifferences({ free }),
  truncatedBackprop: (free: Dynamics) => truncatedBackprop({ free: stepwise(free), steps: REFERENCE_STEPS }),
};

const REFERENCE_NAMES = Object.keys(REFERENCES) as (keyof typeof REFERENCES)[];

const HELP = `
Every estimator settles until nothing changes any more, whatever the training did: what is left of its error is its own.
docs/audit.md says what the columns mean. --json prints the whole report; what is not finite is null there.
${ENVIRONMENT_HELP}

Examples:
  eqprop audit runs/first mnist
  eqprop audit runs/first mnist --estimators positive,centered,coupled --beta 0.05 --svg audit.svg
  eqprop audit digits.safetensors ./my-digits --estimators holomorphic --points 8 --json`;

/** What `audit` takes, as commander hands it over. */
interface Options extends TrainedOptions {
  examples: number;
  estimators?: AuditedName[];
  points?: number;
  beta: number;
  reference?: keyof typeof REFERENCES;
  svg?: string;
}

/** `eqprop audit RUN|MODEL DATA` */
export function addAuditCommand(program: Command): void {
  const command = program
    .command('audit')
    .summary("how near every estimator's gradient is to the true one")
    .description(
      "Compares the gradients that estimators give at a model's parameters with a reference, layer by layer; shows how " +
        'their error falls with β, whether their phases settle and what the precision costs; and says in words what is wrong.',
    )
    .argument('<run|model>', 'a run folder, or a .safetensors file')
    .argument('<data>', DATA_HELP)
    .option('--examples <n>', 'how many test examples to use, the first ones', wholeNumber('--examples', 1), 20)
    .option(
      '--estimators <names>',
      `which to audit: ${AUDITED.join(', ')} (default: positive, centered and, where they are possible, holomorphic and vectorField)`,
      list(nameAmong('each name of --estimators', AUDITED)),
    )
    .option('--points <n>', 'nudges on the circle of holomorphic, an even number (default: 4)', evenNumber('--points'))
    .option('--beta <x>', 'size of the nudge, above 0', positiveNumber('--beta'), 0.1)
    .option(
      '--reference <name>',
      `what they are compared with: ${REFERENCE_NAMES.join(', ')} (default: the first that the model allows)`,
      nameAmong('--reference', REFERENCE_NAMES),
    )
    .option('--svg <file>', 'draw the errors, and the nudged steps, into this file');
  addScaleOption(command, 'as the run had it');
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(audit);
}

async function audit(runOrModel: string, data: string, options: Options): Promise<void> {
  checkPoints(options.points, '--estimators', options.estimators ?? []);
  const { model, test } = await openTrained(runOrModel, data, options);
  try {
    const batch = batchOf(model, test, options.examples);
    const started = performance.now();
    const report = await model.audit(batch, auditOptionsOf(model, options));
    const seconds = (performance.now() - started) / 1000;
    if (options.svg !== undefined) await draw(report, options.svg);
    if (options.json) {
      printJson({ dataset: nameOfData(data), model: runOrModel, ...report, seconds });
    } else {
      const what = `${formatCount(options.examples)} test examples of ${nameOfData(data)}`;
      printLine(`Audit of ${runOrModel} on ${what}, ${seconds.toFixed(1)} s\n`, options);
      for (const line of formatAudit(report)) printLine(line, options);
    }
    if (options.svg !== undefined) printLine(`${options.json ? '' : '\n'}drew ${options.svg}`, options);
  } finally {
    model.dispose();
  }
}

/** The first examples of a data set that fits the model. */
function batchOf(model: Model, test: Dataset, examples: number) {
  const size = targetSizeOf(model.cost);
  checkData('audit data', test, model.input, size);
  if (examples > test.count) {
    throw new ArgumentError(
      `--examples must be at most ${test.count}, as many as the test part has, but ${examples} was given`,
    );
  }
  const { targets, labels } = test;
  const oneHot = () =>
    Float32Array.from({ length: examples * size }, (_, k) => hit(labels, Math.floor(k / size), k % size));
  return {
    input: test.inputsAsFloats(0, examples),
    target: targets ? targets.slice(0, examples * size) : oneHot(),
  };
}

const hit = (labels: Uint32Array | undefined, example: number, label: number) => (labels?.[example] === label ? 1 : 0);

function auditOptionsOf(model: Model, { estimators, points, beta, reference }: Options): AuditOptions {
  const dynamics = tightened(model.dynamics);
  const settings = { beta, points, free: dynamics, nudged: dynamics };
  if (reference === 'finiteDifferences') warnOfTime(model);
  return {
    beta,
    ...(estimators && { estimators: estimators.map((name): Estimator => makeEstimator(name, settings)) }),
    ...(reference && { reference: REFERENCES[reference](dynamics) }),
  };
}

function warnOfTime({ parameters }: Model): void {
  const count = [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  if (count <= MANY_PARAMETERS) return;
  process.stderr.write(`finite differences settle twice for each of ${formatCount(count)} numbers: this takes long\n`);
}

/** Back-propagation through steps differentiates these dynamics only. */
function stepwise(dynamics: Dynamics): Dynamics {
  const { kind, iterations, tolerance } = dynamics;
  return kind === 'euler' || kind === 'fixedPoint' ? dynamics : euler({ iterations, tolerance });
}

/** Loads what draws only where it is asked for. */
async function draw(report: AuditReport, path: string): Promise<void> {
  const { chartOf } = await import('../audit/chart.js');
  await writeFileAtomic(path, Buffer.from(await chartOf(report)));
}
