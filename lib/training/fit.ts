import {
  checkBoolean,
  checkChoice,
  checkFunction,
  checkInstance,
  checkInteger,
  checkOptions,
  checkSignal,
} from '../check.js';
import { Dataset } from '../data/dataset.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { NOTHING_SEEN, type Plan, type Totals } from '../engine/engine.js';
import { ArgumentError, EqpropError } from '../errors.js';
import { checkEstimator, type Estimator, freeDynamicsOf, isRandom } from '../phases/estimator.js';
import { movesParameters } from '../phases/procedure.js';
import { type Start, TRAINING_STARTS, type TrainingStart } from '../phases/start.js';
import type { Random } from '../random.js';
import type { Setting } from './checkpoint.js';
import { type CheckpointOptions, checkCheckpointOptions, Saves } from './saves.js';
import { checkOptimizer, type Optimizer, ratesOf } from './sgd.js';

export interface FitOptions {
  /** Passes over the data. */
  epochs: number;
  /** Examples an update. Default 20. */
  batchSize?: number;
  estimator: Estimator;
  optimizer: Optimizer;
  /** A data set to evaluate after every epoch, with the estimator's free dynamics, from where the training starts; where that
   * is `persistent`, from the model's start. */
  validation?: Dataset;
  /** Whether every epoch visits the examples in a new random order. Default true. */
  shuffle?: boolean;
  /** Where free phases start. Default: the model's start. */
  start?: TrainingStart;
  signal?: AbortSignal;
  /** Called at most ten times a second. What it throws ends the training and is what `fit` rejects with. */
  onProgress?: (progress: Progress) => unknown;
  /** Called, and awaited, after every epoch; likewise. */
  onEpochEnd?: (record: EpochRecord) => unknown;
  /** Saves the training now and then, so that it can go on where a process ended. */
  checkpoint?: CheckpointOptions;
  /** Whether to go on from the newest checkpoint in the folder, where there is one, with the bits that an uninterrupted
   * training would have, whatever the number of threads. The model, the data and the options must be those of the training
   * that was interrupted, save the number of epochs. Default false. */
  resume?: boolean;
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
  /** Where the model's free phases start unless they are told. */
  readonly start: Start;
  readonly random: Random;
}

const OPTIONS = [
  'epochs',
  'batchSize',
  'estimator',
  'optimizer',
  'validation',
  'shuffle',
  'start',
  'signal',
  'onProgress',
  'onEpochEnd',
  'checkpoint',
  'resume',
];

/** @throws ArgumentError for an option that is unknown, missing or wrong */
export function checkFitOptions(options: FitOptions, start: Start) {
  options = checkOptions('fit options', options, OPTIONS);
  const estimator = checkEstimator('fit estimator', options.estimator);
  const optimizer = checkOptimizer('fit optimizer', options.optimizer);
  if (optimizer.momentum > 0 && estimator.programs.some((program) => 'kind' in program && movesParameters(program))) {
    throw new ArgumentError(
      `fit optimizer must have momentum 0 with the estimator ${estimator.name}, which moves parameters while it nudges, but ${optimizer.momentum} was given`,
    );
  }
  const resume = checkBoolean('fit resume', options.resume ?? false);
  if (resume && options.checkpoint === undefined) {
    throw new ArgumentError(
      'fit resume must come with checkpoint, whose dir holds what to resume from, but none was given',
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
    start: checkChoice('fit start', options.start ?? start, TRAINING_STARTS),
    signal: checkSignal('fit signal', options.signal),
    onProgress: checkFunction('fit onProgress', options.onProgress),
    onEpochEnd: checkFunction('fit onEpochEnd', options.onEpochEnd),
    checkpoint:
      options.checkpoint === undefined ? undefined : checkCheckpointOptions('fit checkpoint', options.checkpoint),
    resume,
  };
}

/** Trains over batches and epochs. All that is drawn at random is drawn here, so that both engines see the same. */
export async function fit(
  { plan, problem, start, random }: Trainee,
  data: Dataset,
  options: ReturnType<typeof checkFitOptions>,
): Promise<EpochRecord[]> {
  const { epochs, batchSize, estimator, optimizer, validation, onProgress, onEpochEnd } = options;
  const { programs } = estimator;
  ratesOf(problem, optimizer, epochs, epochs); // complains before anything is computed

  const failed = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
  const { momentum: factor, nesterov } = optimizer;
  const loaded: { release(): void }[] = [];
  const keep = <T extends { release(): void }>(held: T): T => {
    loaded.push(held);
    return held;
  };
  const tell = onProgress && throttled(onProgress, (error) => failed.abort(error));
  let saves: Saves | undefined;
  try {
    signal.throwIfAborted();
    const training = keep(plan.load(data));
    const validating = validation && keep(plan.load(validation));
    const momentum = factor > 0 ? { velocity: keep(plan.velocity()), factor, nesterov } : undefined;
    const insides = { plan, names: [...parametersOf(problem).keys()], data: training, velocity: momentum?.velocity };
    saves =
      options.checkpoint && (await Saves.open(options.checkpoint, options.resume, insides, settingOf(data, options)));
    const resumed = options.resume ? await saves?.resume() : undefined;
    const seed = resumed?.seed ?? (isRandom(estimator) ? random.next() : 0);
    if (resumed) random.state = resumed.random;
    const history: EpochRecord[] = [...(resumed?.history ?? [])];
    const batches = Math.ceil(data.count / batchSize);
    for (let epoch = resumed?.epoch ?? 1; epoch <= epochs; epoch++) {
      const before = random.state;
      const order = options.shuffle
        ? random.permutation(data.count)
        : Uint32Array.from({ length: data.count }, (_, i) => i);
      const choice = Uint32Array.from({ length: batches }, () =>
        programs.length === 1 ? 0 : random.below(programs.length),
      );
      const begun = epoch === resumed?.epoch ? resumed : undefined;
      let totals = begun?.totals ?? NOTHING_SEEN;
      let seconds = begun?.seconds ?? 0;
      const stand = () => saves?.stand({ epoch, totals, seconds, random: before, seed, history: [...history] });
      stand();
      while (totals.examples < data.count) {
        const started = performance.now();
        const stretch = saves?.stretch(totals.examples / batchSize, signal);
        totals = await plan.train({
          data: training,
          order,
          sofar: totals,
          until: Math.min(data.count, (stretch?.until ?? batches) * batchSize),
          batchSize,
          programs,
          choice,
          rates: ratesOf(problem, optimizer, epoch, epochs),
          momentum,
          start: options.start,
          seed,
          stepsBefore: (epoch - 1) * batches,
          signal: stretch?.signal ?? signal,
          onProgress:
            tell &&
            ((sofar) =>
              tell({ epoch, epochs, examples: sofar.examples, total: data.count, ...metricsOf(sofar, data) })),
        });
        seconds += (performance.now() - started) / 1000;
        stand();
        signal.throwIfAborted();
        if (totals.examples < data.count) await saves?.save();
      }
      const record: EpochRecord = { epoch, ...metricsOf(totals, data), seconds };
      if (validation && validating) {
        const dynamics = freeDynamicsOf(estimator);
        const from = options.start === 'persistent' ? start : options.start;
        const measured = await plan.evaluate({ data: validating, dynamics, start: from, outputs: false, seed, signal });
        record.validation = metricsOf(measured, validation);
      }
      history.push(record);
      saves?.stand({
        epoch: epoch + 1,
        totals: NOTHING_SEEN,
        seconds: 0,
        random: random.state,
        seed,
        history: [...history],
      });
      await onEpochEnd?.(record);
      signal.throwIfAborted();
      await saves?.epochEnded(epoch, epochs);
    }
    return history;
  } catch (error) {
    // A stop is no loss; a divergence leaves the good checkpoints as they are.
    if (signal.aborted || !(error instanceof EqpropError)) await saves?.save();
    throw error;
  } finally {
    for (const held of loaded) held.release();
  }
}

/** What must be the same where a training goes on. */
function settingOf(data: Dataset, options: ReturnType<typeof checkFitOptions>): Setting {
  const { batchSize, estimator, shuffle, start, optimizer } = options;
  return {
    examples: data.count,
    batchSize,
    estimator: JSON.stringify([estimator.name, estimator.settings]),
    shuffle,
    start,
    momentum: optimizer.momentum,
  };
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
