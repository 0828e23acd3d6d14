import { checkBoolean, checkFunction, checkInstance, checkInteger, checkOptions, checkSignal } from '../check.js';
import { Dataset } from '../data/dataset.js';
import type { Problem } from '../energy/problem.js';
import type { LoadedData, Plan, Totals } from '../engine/engine.js';
import { ArgumentError } from '../errors.js';
import { checkEstimator, type Estimator, freeDynamicsOf, isRandom } from '../phases/estimator.js';
import { movesParameters } from '../phases/procedure.js';
import type { Random } from '../random.js';
import { checkOptimizer, type Optimizer, ratesOf } from './sgd.js';

export interface FitOptions {
  /** Passes over the data. */
  epochs: number;
  /** Examples an update. Default 20. */
  batchSize?: number;
  estimator: Estimator;
  optimizer: Optimizer;
  /** A data set to evaluate after every epoch, with the estimator's free dynamics. */
  validation?: Dataset;
  /** Whether every epoch visits the examples in a new random order. Default true. */
  shuffle?: boolean;
  /** Whether an example's free phase starts from its last free equilibrium, kept by example, rather than from zero
   * (Scellier and Bengio 2017, section 5). Default false. */
  persistent?: boolean;
  signal?: AbortSignal;
  /** Called at most ten times a second. What it throws ends the training and is what `fit` rejects with. */
  onProgress?: (progress: Progress) => unknown;
  /** Called, and awaited, after every epoch; likewise. */
  onEpochEnd?: (record: EpochRecord) => unknown;
}

/** Means over the examples seen, measured at the end of their free phases. */
export interface Metrics {
  /** The share of examples whose highest output is not their label; absent where there are no labels. */
  error?: number;
  cost: number;
  energy: number;
}

export interface Progress extends Metrics {
  /** Counted from 1. */
  epoch: number;
  epochs: number;
  /** Examples seen in this epoch, and in a whole one. */
  examples: number;
  total: number;
}

/** One epoch of a training; a training's history is a list of them. Its metrics were measured while it learned. */
export interface EpochRecord extends Metrics {
  /** Counted from 1. */
  epoch: number;
  /** Time that the training took, without validation and callbacks. */
  seconds: number;
  validation?: Metrics;
}

/** What a fit works on: a model's insides. */
export interface Trainee {
  readonly plan: Plan;
  readonly problem: Pick<Problem, 'energy' | 'cost'>;
  readonly random: Random;
}

const OPTIONS = [
  'epochs',
  'batchSize',
  'estimator',
  'optimizer',
  'validation',
  'shuffle',
  'persistent',
  'signal',
  'onProgress',
  'onEpochEnd',
];

/** @throws ArgumentError for an option that is unknown, missing or wrong */
export function checkFitOptions(options: FitOptions) {
  checkOptions('fit options', options, OPTIONS);
  const estimator = checkEstimator('fit estimator', options.estimator);
  const optimizer = checkOptimizer('fit optimizer', options.optimizer);
  if (optimizer.momentum > 0 && estimator.programs.some((program) => 'kind' in program && movesParameters(program))) {
    throw new ArgumentError(
      `fit optimizer must have momentum 0 with the estimator ${estimator.name}, which moves parameters while it nudges, but ${optimizer.momentum} was given`,
    );
  }
  return {
    epochs: checkInteger('fit epochs', options.epochs, 1),
    batchSize: checkInteger('fit batchSize', options.batchSize ?? 20, 1),
    estimator,
    optimizer,
    validation:
      options.validation === undefined
        ? undefined
        : checkInstance('fit validation', options.validation, Dataset, 'a data set'),
    shuffle: checkBoolean('fit shuffle', options.shuffle ?? true),
    persistent: checkBoolean('fit persistent', options.persistent ?? false),
    signal: checkSignal('fit signal', options.signal),
    onProgress: checkFunction('fit onProgress', options.onProgress),
    onEpochEnd: checkFunction('fit onEpochEnd', options.onEpochEnd),
  };
}

/** Trains over batches and epochs. All that is drawn at random is drawn here, so that both engines see the same. */
export async function fit(
  { plan, problem, random }: Trainee,
  data: Dataset,
  options: ReturnType<typeof checkFitOptions>,
): Promise<EpochRecord[]> {
  const { epochs, batchSize, estimator, optimizer, validation, onProgress, onEpochEnd } = options;
  const { programs } = estimator;
  ratesOf(problem, optimizer, epochs, epochs); // complains before anything is computed

  const seed = isRandom(estimator) ? random.next() : 0;
  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const loaded: LoadedData[] = [];
  const load = (set: Dataset) => {
    const copy = plan.load(set);
    loaded.push(copy);
    return copy;
  };
  const { momentum: factor, nesterov } = optimizer;
  const momentum = factor > 0 ? { velocity: plan.velocity(), factor, nesterov } : undefined;
  const tell = onProgress && throttled(onProgress, (error) => failed.abort(error));
  try {
    signal.throwIfAborted();
    const training = load(data);
    const validating = validation && load(validation);
    const batches = Math.ceil(data.count / batchSize);
    const history: EpochRecord[] = [];
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const started = performance.now();
      const totals = await plan.train({
        data: training,
        order: options.shuffle ? random.permutation(data.count) : Uint32Array.from({ length: data.count }, (_, i) => i),
        batchSize,
        programs,
        choice: Uint32Array.from({ length: batches }, () =>
          programs.length === 1 ? 0 : random.below(programs.length),
        ),
        rates: ratesOf(problem, optimizer, epoch, epochs),
        momentum,
        persistent: options.persistent,
        seed,
        stepsBefore: (epoch - 1) * batches,
        signal,
        onProgress:
          tell &&
          ((sofar) => tell({ epoch, epochs, examples: sofar.examples, total: data.count, ...metricsOf(sofar, data) })),
      });
      const record: EpochRecord = {
        epoch,
        ...metricsOf(totals, data),
        seconds: (performance.now() - started) / 1000,
      };
      if (validation && validating) {
        const dynamics = freeDynamicsOf(estimator);
        const measured = await plan.evaluate({ data: validating, dynamics, outputs: false, seed, signal });
        record.validation = metricsOf(measured, validation);
      }
      history.push(record);
      await onEpochEnd?.(record);
      signal.throwIfAborted();
    }
    return history;
  } finally {
    for (const copy of loaded) copy.release();
    momentum?.velocity.release();
  }
}

/** Sums over examples as means. */
export function metricsOf(totals: Totals, data: Dataset): Metrics {
  const { examples, wrong, cost, energy } = totals;
  const means = { cost: cost / examples, energy: energy / examples };
  return data.labels ? { error: wrong / examples, ...means } : means;
}

/** Calls at most ten times a second, and hands on what the callback throws, at once or later. */
function throttled(callback: (progress: Progress) => unknown, fail: (error: unknown) => void) {
  let last = -Infinity;
  return (progress: Progress) => {
    const now = performance.now();
    if (now - last < 100) return;
    last = now;
    try {
      Promise.resolve(callback(progress)).catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}
