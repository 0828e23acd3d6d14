/** Trains through one epoch, in stretches: what saves, stops or cuts a training comes between two of them. */

import type { Dataset } from '../data/dataset.js';
import type { Problem } from '../energy/problem.js';
import {
  type EvaluateCall,
  type Evaluation,
  type LoadedData,
  type Momentum,
  NOTHING_SEEN,
  type Plan,
  type Totals,
} from '../engine/engine.js';
import { DivergenceError, isError } from '../errors.js';
import { freeDynamicsOf } from '../phases/estimator.js';
import type { Start } from '../phases/start.js';
import type { Random } from '../random.js';
import type { CheckedFitOptions, Progress } from './fit-options.js';
import { type EpochRecord, type Metrics, metricsOf } from './history.js';
import { type Saves, WHOLE_EPOCH } from './saves.js';
import { ratesOf } from './sgd.js';
import { within } from './within.js';

/** What all epochs of a training share. */
export interface Course {
  readonly plan: Plan;
  readonly problem: Problem;
  readonly options: CheckedFitOptions;
  readonly data: Dataset;
  /** The same data inside the engine, and that of the validation. */
  readonly loaded: LoadedData;
  readonly validating: LoadedData | undefined;
  readonly momentum: Momentum | undefined;
  /** What order and programs are drawn from. */
  readonly random: Random;
  /** What noise is drawn from. */
  readonly seed: number;
  readonly saves: Saves | undefined;
  /** Of the epochs that have ended. */
  readonly history: EpochRecord[];
  readonly signal: AbortSignal;
  readonly tell: ((progress: Progress) => void) | undefined;
}

/** What an epoch has come to, and the seconds that its updates have taken. */
export interface Trained {
  readonly totals: Totals;
  readonly seconds: number;
}

/** How many updates an epoch has. */
export function batchesOf({ data, options }: Pick<Course, 'data' | 'options'>): number {
  return Math.ceil(data.count / options.batchSize);
}

/** From the start, or from where it was left; undefined where the time limit comes before its end. */
export async function trainEpoch(course: Course, epoch: number, left?: Trained): Promise<Trained | undefined> {
  const { plan, data, random, seed, saves, history, signal, tell } = course;
  const { epochs, batchSize, optimizer, estimator, start, timeLimit } = course.options;
  const before = random.state;
  const whole = {
    data: course.loaded,
    ...draw(course),
    batchSize,
    programs: estimator.programs,
    rates: ratesOf(course.problem, optimizer, epoch, epochs),
    momentum: course.momentum,
    start,
    seed,
    stepsBefore: (epoch - 1) * batchesOf(course),
    onProgress:
      tell &&
      ((sofar: Totals) =>
        tell({ epoch, epochs, examples: sofar.examples, total: data.count, ...metricsOf(sofar, data) })),
  };
  let { totals, seconds } = left ?? { totals: NOTHING_SEEN, seconds: 0 };
  const goesOn = () => totals.examples < data.count && millisecondsLeft() > 0;
  const millisecondsLeft = () => 1000 * (timeLimit - secondsOf(history) - seconds);
  while (goesOn()) {
    const started = performance.now();
    const stretch = saves?.stretch(totals.examples / batchSize) ?? WHOLE_EPOCH;
    const until = Math.min(data.count, stretch.until * batchSize);
    saves?.move();
    totals = await within(Math.min(stretch.milliseconds, millisecondsLeft()), signal, (cut) =>
      plan.train({ ...whole, sofar: totals, until, signal: cut }),
    );
    seconds += (performance.now() - started) / 1000;
    saves?.stand({ epoch, totals, seconds, random: before, seed, history: [...history] });
    signal.throwIfAborted();
    if (goesOn()) await saves?.save();
  }
  return totals.examples < data.count ? undefined : { totals, seconds };
}

/**
 * Measures the validation set, if there is one, after an epoch.
 * @throws DivergenceError, for the epoch's last step, where a number is not finite
 */
export async function validateEpoch(course: Course, epoch: number, modelStart: Start): Promise<Metrics | undefined> {
  const { plan, validating, options, seed, signal } = course;
  const { validation, estimator, start } = options;
  if (!validation || !validating) return undefined;
  const call = {
    data: validating,
    dynamics: freeDynamicsOf(estimator),
    start: start === 'persistent' ? modelStart : start,
    outputs: false,
    seed,
    signal,
  };
  return metricsOf(await evaluate(plan, call, epoch * batchesOf(course)), validation);
}

async function evaluate(plan: Plan, call: EvaluateCall, step: number): Promise<Evaluation> {
  const diverged = () => new DivergenceError('training', step, 'validation');
  const measured = await plan.evaluate(call).catch((error) => {
    throw isError(error, DivergenceError) ? diverged() : error;
  });
  if (!Number.isFinite(measured.energy + measured.cost)) throw diverged();
  return measured;
}

/** The order in which an epoch visits the examples, and by batch the number of the program that it takes. */
function draw(course: Course): { order: Uint32Array; choice: Uint32Array } {
  const { random, data, options } = course;
  const { length } = options.estimator.programs;
  const order = options.shuffle
    ? random.permutation(data.count)
    : Uint32Array.from({ length: data.count }, (_, i) => i);
  const choice = Uint32Array.from({ length: batchesOf(course) }, () => (length === 1 ? 0 : random.below(length)));
  return { order, choice };
}

/** What the training of whole epochs has taken. */
function secondsOf(history: readonly EpochRecord[]): number {
  return history.reduce((sum, { seconds }) => sum + seconds, 0);
}
