/** Trains over batches and epochs. */

import { createHash } from 'node:crypto';
import { follow } from '../abort.js';
import type { Dataset } from '../data/dataset.js';
import { fingerprintOf } from '../data/fingerprint.js';
import { formOf } from '../energy/form.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { NOTHING_SEEN, type Plan } from '../engine/engine.js';
import { EqpropError, isError } from '../errors.js';
import { isRandom } from '../phases/estimator.js';
import type { Start } from '../phases/start.js';
import type { Random } from '../random.js';
import { Best } from './best.js';
import type { Setting } from './checkpoint-state.js';
import { isOutOfPatience } from './early-stopping.js';
import { trainEpoch, validateEpoch } from './epoch.js';
import type { CheckedFitOptions, Progress } from './fit-options.js';
import { type EpochRecord, metricsOf, recordOf } from './history.js';
import { Saves } from './saves.js';
import { ratesOf } from './sgd.js';

/** What a fit works on: a model's insides. */
export interface Trainee {
  readonly plan: Plan;
  readonly problem: Problem;
  /** Where the model's free phases start unless they are told. */
  readonly start: Start;
  readonly random: Random;
}

/**
 * All that is drawn at random is drawn on JavaScript's thread, so that both engines see the same. What ends a training early
 * depends on its history alone, or comes between two updates: it can go on as if nothing had been.
 */
export async function fit(
  { plan, problem, start, random }: Trainee,
  data: Dataset,
  options: CheckedFitOptions,
): Promise<EpochRecord[]> {
  const { epochs, estimator, optimizer, validation, earlyStopping, onProgress } = options;
  ratesOf(problem, optimizer, epochs, epochs); // complains before anything is computed

  const { signal, abort, release } = follow(options.signal);
  const { momentum: factor, nesterov } = optimizer;
  const held: { release(): void }[] = [];
  const hold = <T extends { release(): void }>(taken: T): T => {
    held.push(taken);
    return taken;
  };
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
    const loaded = hold(plan.load(data));
    const validating = validation && hold(plan.load(validation));
    const momentum = factor > 0 ? { velocity: hold(plan.velocity()), factor, nesterov } : undefined;
    const best = options.keepBest && new Best(plan, options.keepBest);
    const insides = {
      plan,
      names: [...parametersOf(problem).keys()],
      data: loaded,
      freeUnits: freeUnitsOf(problem),
      velocity: momentum?.velocity,
      best,
    };
    saves =
      options.checkpoint &&
      (await Saves.open(options.checkpoint, options.resume, insides, settingOf(problem, data, options)));
    const resumed = options.resume ? await saves?.resume() : undefined;
    if (resumed) random.state = resumed.random;
    const seed = resumed?.seed ?? (isRandom(estimator) ? random.next() : 0);
    const history: EpochRecord[] = [...(resumed?.history ?? [])];
    const tell = onProgress && throttled(onProgress, abort);
    const course = {
      plan,
      problem,
      options,
      data,
      loaded,
      validating,
      momentum,
      random,
      seed,
      saves,
      history,
      signal,
      tell,
    };
    const standBefore = (epoch: number) =>
      saves?.stand({ epoch, totals: NOTHING_SEEN, seconds: 0, random: random.state, seed, history: [...history] });
    if (options.resume) await heard(() => options.onResume?.([...history]));
    if (!resumed) standBefore(1);
    for (let epoch = resumed?.epoch ?? 1; epoch <= epochs; epoch++) {
      if (earlyStopping && isOutOfPatience(history, earlyStopping)) break;
      signal.throwIfAborted();
      const trained = await trainEpoch(course, epoch, epoch === resumed?.epoch ? resumed : undefined);
      if (!trained) break; // out of time
      const validated = await validateEpoch(course, epoch, start);
      const record = recordOf(epoch, metricsOf(trained.totals, data), trained.seconds, validated);
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
    for (const taken of held) taken.release();
    await saves?.close();
  }
}

function freeUnitsOf({ energy }: Trainee['problem']): number {
  return [...energy.layers.values()].reduce((sum, layer) => sum + (layer.clamped ? 0 : layer.size), 0);
}

/** What must be the same where a training goes on. */
function settingOf(problem: Problem, data: Dataset, options: CheckedFitOptions): Setting {
  const { batchSize, estimator, shuffle, start, optimizer, keepBest, validation, earlyStopping } = options;
  return {
    model: formOf(problem),
    examples: data.count,
    data: fingerprintOf(data),
    batchSize,
    estimator: JSON.stringify([estimator.name, estimator.settings]),
    programs: createHash('sha256').update(JSON.stringify(estimator.programs)).digest('hex'),
    shuffle,
    start,
    momentum: optimizer.momentum,
    optimizer: JSON.stringify(optimizer),
    keepBest: keepBest ?? 'no',
    ...(validation && (keepBest || earlyStopping) && { validation: fingerprintOf(validation) }),
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
