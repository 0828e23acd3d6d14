/** Trains over batches and epochs. */

import { follow } from '../abort.js';
import type { Dataset } from '../data/dataset.js';
import { fingerprintOf } from '../data/fingerprint.js';
import { formOf } from '../energy/form.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { type EvaluateCall, type Evaluation, NOTHING_SEEN, type Plan } from '../engine/engine.js';
import { DivergenceError, EqpropError, isError } from '../errors.js';
import { freeDynamicsOf, isRandom } from '../phases/estimator.js';
import type { Start } from '../phases/start.js';
import type { Random } from '../random.js';
import { Best } from './best.js';
import type { Setting } from './checkpoint-state.js';
import { isOutOfPatience } from './early-stopping.js';
import type { CheckedFitOptions, Progress } from './fit-options.js';
import { type EpochRecord, type Metrics, metricsOf, recordOf } from './history.js';
import { Saves, WHOLE_EPOCH } from './saves.js';
import { ratesOf } from './sgd.js';
import { within } from './within.js';

/** What a fit works on: a model's insides. */
export interface Trainee {
  readonly plan: Plan;
  readonly problem: Problem;
  /** Where the model's free phases start unless they are told. */
  readonly start: Start;
  readonly random: Random;
}

/**
 * All that is drawn at random is drawn here, so that both engines see the same. What ends a training early depends on its
 * history alone, or comes between two updates: it can go on as if nothing had been.
 */
export async function fit(
  { plan, problem, start, random }: Trainee,
  data: Dataset,
  options: CheckedFitOptions,
): Promise<EpochRecord[]> {
  const { epochs, batchSize, estimator, optimizer, validation, earlyStopping, timeLimit, onProgress } = options;
  const { programs } = estimator;
  ratesOf(problem, optimizer, epochs, epochs); // complains before anything is computed

  const { signal, abort, release } = follow(options.signal);
  const { momentum: factor, nesterov } = optimizer;
  const loaded: { release(): void }[] = [];
  const keep = <T extends { release(): void }>(held: T): T => {
    loaded.push(held);
    return held;
  };
  const tell = onProgress && throttled(onProgress, abort);
  // What a callback throws, of whatever class, stops the training as a signal does.
  const heard = async (call: () => unknown) => {
    try {
      await call();
    } catch (error) {
      abort(error);
      throw error;
    }
  };
  let saves: Saves | undefined;
  try {
    signal.throwIfAborted();
    const training = keep(plan.load(data));
    const validating = validation && keep(plan.load(validation));
    const momentum = factor > 0 ? { velocity: keep(plan.velocity()), factor, nesterov } : undefined;
    const best = options.keepBest && new Best(plan, options.keepBest);
    const names = [...parametersOf(problem).keys()];
    const insides = {
      plan,
      names,
      data: training,
      freeUnits: freeUnitsOf(problem),
      velocity: momentum?.velocity,
      best,
    };
    saves =
      options.checkpoint &&
      (await Saves.open(options.checkpoint, options.resume, insides, settingOf(problem, data, options)));
    const resumed = options.resume ? await saves?.resume() : undefined;
    const seed = resumed?.seed ?? (isRandom(estimator) ? random.next() : 0);
    if (resumed) random.state = resumed.random;
    const history: EpochRecord[] = [...(resumed?.history ?? [])];
    if (options.resume) await heard(() => options.onResume?.([...history]));
    const batches = Math.ceil(data.count / batchSize);
    const standBefore = (epoch: number) =>
      saves?.stand({ epoch, totals: NOTHING_SEEN, seconds: 0, random: random.state, seed, history: [...history] });
    if (!resumed) standBefore(1);
    for (let epoch = resumed?.epoch ?? 1; epoch <= epochs; epoch++) {
      if (earlyStopping && isOutOfPatience(history, earlyStopping)) break;
      signal.throwIfAborted();
      const before = random.state;
      const { order, choice } = draw(random, data.count, batches, options);
      const begun = epoch === resumed?.epoch ? resumed : undefined;
      let totals = begun?.totals ?? NOTHING_SEEN;
      let seconds = begun?.seconds ?? 0;
      const left = () => 1000 * (timeLimit - secondsOf(history) - seconds);
      while (totals.examples < data.count && left() > 0) {
        const started = performance.now();
        const stretch = saves?.stretch(totals.examples / batchSize) ?? WHOLE_EPOCH;
        saves?.move();
        totals = await within(Math.min(stretch.milliseconds, left()), signal, (cut) =>
          plan.train({
            data: training,
            order,
            sofar: totals,
            until: Math.min(data.count, stretch.until * batchSize),
            batchSize,
            programs,
            choice,
            rates: ratesOf(problem, optimizer, epoch, epochs),
            momentum,
            start: options.start,
            seed,
            stepsBefore: (epoch - 1) * batches,
            signal: cut,
            onProgress:
              tell &&
              ((sofar) =>
                tell({ epoch, epochs, examples: sofar.examples, total: data.count, ...metricsOf(sofar, data) })),
          }),
        );
        seconds += (performance.now() - started) / 1000;
        saves?.stand({ epoch, totals, seconds, random: before, seed, history: [...history] });
        signal.throwIfAborted();
        if (totals.examples < data.count && left() > 0) await saves?.save();
      }
      if (totals.examples < data.count) break; // out of time
      let validated: Metrics | undefined;
      if (validation && validating) {
        const dynamics = freeDynamicsOf(estimator);
        const from = options.start === 'persistent' ? start : options.start;
        const call = { data: validating, dynamics, start: from, outputs: false, seed, signal };
        validated = metricsOf(await validate(plan, call, epoch * batches), validation);
      }
      const record = recordOf(epoch, metricsOf(totals, data), seconds, validated);
      history.push(record);
      best?.see(history);
      standBefore(epoch + 1);
      await heard(() => options.onEpochEnd?.(record));
      signal.throwIfAborted();
      await saves?.epochEnded(epoch);
    }
    await saves?.ended();
    best?.restore();
    return history;
  } catch (error) {
    // A stop is no loss; a divergence leaves the good checkpoints as they are, whatever else has happened meanwhile.
    if (signal.aborted || !isError(error, EqpropError)) await saves?.ended();
    throw error;
  } finally {
    release();
    for (const held of loaded) held.release();
    await saves?.close();
  }
}

/** The order in which an epoch visits the examples, and by batch the number of the program that it takes. */
function draw(random: Random, examples: number, batches: number, { shuffle, estimator }: CheckedFitOptions) {
  const { length } = estimator.programs;
  const order = shuffle ? random.permutation(examples) : Uint32Array.from({ length: examples }, (_, i) => i);
  const choice = Uint32Array.from({ length: batches }, () => (length === 1 ? 0 : random.below(length)));
  return { order, choice };
}

/** @throws DivergenceError, for the training's last step, where a number is not finite */
async function validate(plan: Plan, call: EvaluateCall, step: number): Promise<Evaluation> {
  const diverged = () => new DivergenceError('training', step, 'validation');
  const measured = await plan.evaluate(call).catch((error) => {
    throw isError(error, DivergenceError) ? diverged() : error;
  });
  if (!Number.isFinite(measured.energy + measured.cost)) throw diverged();
  return measured;
}

function freeUnitsOf({ energy }: Trainee['problem']): number {
  return [...energy.layers.values()].reduce((sum, layer) => sum + (layer.clamped ? 0 : layer.size), 0);
}

/** What the training of whole epochs has taken. */
function secondsOf(history: readonly EpochRecord[]): number {
  return history.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** What must be the same where a training goes on. */
function settingOf(problem: Problem, data: Dataset, options: CheckedFitOptions): Setting {
  const { batchSize, estimator, shuffle, start, optimizer, keepBest } = options;
  return {
    model: formOf(problem),
    examples: data.count,
    data: fingerprintOf(data),
    batchSize,
    estimator: JSON.stringify([estimator.name, estimator.settings]),
    shuffle,
    start,
    momentum: optimizer.momentum,
    optimizer: JSON.stringify(optimizer),
    keepBest: keepBest ?? 'no',
  };
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
