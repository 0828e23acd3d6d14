/** What a training is told, and how that is checked. */

import {
  checkBoolean,
  checkChoice,
  checkFunction,
  checkInstance,
  checkInteger,
  checkOptions,
  checkPositive,
  checkSignal,
} from '../check.js';
import { Dataset } from '../data/dataset.js';
import { ArgumentError } from '../errors.js';
import { checkEstimator, type Estimator } from '../phases/estimator.js';
import { movesParameters } from '../phases/procedure.js';
import { type Start, TRAINING_STARTS, type TrainingStart } from '../phases/start.js';
import { checkEarlyStopping, type EarlyStoppingOptions } from './early-stopping.js';
import type { EpochRecord, Metrics } from './history.js';
import { type CheckpointOptions, checkCheckpointOptions } from './saves.js';
import { checkOptimizer, type Optimizer } from './sgd.js';
import { checkWatchedMetric, type WatchedMetric } from './watched-metric.js';

/** What {@link Model.fit} takes. */
export interface FitOptions {
  /** Passes over the data. */
  epochs: number;
  /** Examples an update. Default 20. */
  batchSize?: number | undefined;
  /** How settled states give a gradient, such as `centered({ … })`. */
  estimator: Estimator;
  /** How gradients become updates: made by {@link sgd}. */
  optimizer: Optimizer;
  /** A data set to evaluate after every epoch, with the estimator's free dynamics, from where the training starts; where that
   * is `persistent`, from the model's start. */
  validation?: Dataset | undefined;
  /** Whether every epoch visits the examples in a new random order. Default true. */
  shuffle?: boolean | undefined;
  /** Where free phases start. Default: the model's start. */
  start?: TrainingStart | undefined;
  /** Ends the training, which then rejects with its reason; the parameters stay as the last update left them. */
  signal?: AbortSignal | undefined;
  /** Called at most ten times a second. What it throws ends the training and is what `fit` rejects with. */
  onProgress?: ((progress: Progress) => unknown) | undefined;
  /** Called, and awaited, after every epoch; likewise. */
  onEpochEnd?: ((record: EpochRecord) => unknown) | undefined;
  /** With `resume`: called, and awaited, once before the training goes on, with the epochs that it has behind it (none where
   * there is no checkpoint); likewise. */
  onResume?: ((history: readonly EpochRecord[]) => unknown) | undefined;
  /** Saves the training now and then, so that it can go on where a process ended. */
  checkpoint?: CheckpointOptions | undefined;
  /** Whether to go on from the newest checkpoint in the folder, where there is one, with the bits that an uninterrupted
   * training would have, whatever the number of threads. The model, the data and the options must be those of the training
   * that was interrupted, save `epochs`, `earlyStopping` and `timeLimit`: with more of them, one that has ended goes on.
   * Default false. */
  resume?: boolean | undefined;
  /** Ends the training, normally, when the validation has not become better for some epochs. */
  earlyStopping?: EarlyStoppingOptions | undefined;
  /** Whether the model shall end with the parameters of the epoch whose validation was best: that with the lowest `error`, or
   * `cost` where the validation set has no labels or that is given instead of true; the earliest of equal ones. A checkpoint
   * holds them beside those of the last update. A training that is aborted or fails, or that no epoch has ended of, leaves
   * the model as it was after its last update. Default false. */
  keepBest?: boolean | WatchedMetric | undefined;
  /** Seconds of training (as in the history: without validation and callbacks; those before a resume count), after which it
   * ends, normally, with the last whole update; the epoch under way is not in the history, but in the checkpoint, if there
   * is one. Default: no limit. */
  timeLimit?: number | undefined;
}

/** How far a training is within its epoch; the metrics are of the examples seen in it. */
export interface Progress extends Metrics {
  /** Counted from 1. */
  epoch: number;
  /** Those of the whole training. */
  epochs: number;
  /** Examples seen in this epoch, and in a whole one. */
  examples: number;
  /** Examples of a whole epoch. */
  total: number;
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
  'onResume',
  'checkpoint',
  'resume',
  'earlyStopping',
  'keepBest',
  'timeLimit',
];

export type CheckedFitOptions = ReturnType<typeof checkFitOptions>;

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
  const validation =
    options.validation === undefined
      ? undefined
      : checkInstance('fit validation', options.validation, Dataset, 'a data set');
  return {
    epochs: checkInteger('fit epochs', options.epochs, 1),
    batchSize: checkInteger('fit batchSize', options.batchSize ?? 20, 1),
    estimator,
    optimizer,
    validation,
    shuffle: checkBoolean('fit shuffle', options.shuffle ?? true),
    start: checkChoice('fit start', options.start ?? start, TRAINING_STARTS),
    signal: checkSignal('fit signal', options.signal),
    onProgress: checkFunction('fit onProgress', options.onProgress),
    onEpochEnd: checkFunction('fit onEpochEnd', options.onEpochEnd),
    onResume: checkFunction('fit onResume', options.onResume),
    checkpoint:
      options.checkpoint === undefined ? undefined : checkCheckpointOptions('fit checkpoint', options.checkpoint),
    resume,
    earlyStopping:
      options.earlyStopping === undefined
        ? undefined
        : checkEarlyStopping('fit earlyStopping', options.earlyStopping, validation),
    keepBest: checkKeepBest(options.keepBest ?? false, validation),
    timeLimit:
      options.timeLimit === undefined
        ? Number.POSITIVE_INFINITY
        : checkPositive('fit timeLimit', options.timeLimit, 'a finite number of seconds above 0'),
  };
}

function checkKeepBest(keep: boolean | WatchedMetric, validation: Dataset | undefined): WatchedMetric | undefined {
  if (keep === false) return undefined;
  return checkWatchedMetric('fit keepBest', keep === true ? undefined : keep, validation);
}
