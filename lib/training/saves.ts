/** When a training is saved, and how it goes on from what was. */

import { type Checked, checkInteger, checkOptions, checkPositive, checkString, type Floats } from '../check.js';
import type { LoadedData, Plan, Velocity } from '../engine/engine.js';
import { ArgumentError, DivergenceError } from '../errors.js';
import type { Best } from './best.js';
import type { Checkpoint } from './checkpoint.js';
import { CheckpointFolder } from './checkpoint-folder.js';
import type { Position, Setting } from './checkpoint-state.js';
import { findNotFinite } from './finite.js';
import { readPersistent, writePersistent } from './persistent.js';

/** How often: after so many epochs, updates (counted within an epoch, at the end of which there is one, too) or minutes. One of
 * the three. */
export type Interval = { epochs: number } | { steps: number } | { minutes: number };

/** Where and how often {@link Model.fit} saves the training. */
export interface CheckpointOptions {
  /** A folder of the training's own; made where there is none. */
  dir: string;
  /** Default `{ epochs: 1 }`. A training that is stopped by its signal, or by what a callback throws, is saved once more. */
  every?: Interval | undefined;
  /** How many of the newest stay, two or more: should one be damaged, there is another. Default 2. */
  keep?: number | undefined;
}

/** @throws ArgumentError for an option that is unknown, missing or wrong */
export function checkCheckpointOptions(name: string, options: CheckpointOptions): Checked<CheckpointOptions> {
  options = checkOptions(name, options, ['dir', 'every', 'keep']);
  const dir = checkString(`${name} dir`, options.dir);
  return {
    dir,
    every: checkInterval(`${name} every`, options.every ?? { epochs: 1 }),
    keep: checkInteger(`${name} keep`, options.keep ?? 2, 2),
  };
}

function checkInterval(name: string, every: Interval): Interval {
  const given = checkOptions(name, every as unknown, ['epochs', 'steps', 'minutes']);
  const [unit, ...others] = Object.keys(given);
  if (unit === undefined || others.length > 0) {
    throw new ArgumentError(
      `${name} must have one of epochs, steps, minutes, but ${unit === undefined ? 'none' : Object.keys(given).join(' and ')} was given`,
    );
  }
  if (unit === 'minutes') return { minutes: checkPositive(`${name} minutes`, given.minutes) };
  const count = checkInteger(`${name} ${unit}`, given[unit], 1);
  return unit === 'epochs' ? { epochs: count } : { steps: count };
}

/** What of a training lives in its engine. */
export interface Insides {
  readonly plan: Plan;
  /** Of the parameters. */
  readonly names: readonly string[];
  readonly data: LoadedData;
  readonly velocity: Velocity | undefined;
  /** Of all layers that are not clamped: as many persistent states an example has. */
  readonly freeUnits: number;
  readonly best: Best | undefined;
}

/** How far to train before something else is due: until so many batches of the epoch, or for so many milliseconds. */
export interface Stretch {
  readonly until: number;
  readonly milliseconds: number;
}

export const WHOLE_EPOCH: Stretch = { until: Number.POSITIVE_INFINITY, milliseconds: Number.POSITIVE_INFINITY };

/** What is known again by a fingerprint, which tells nobody anything. */
const KNOWN_AGAIN: Readonly<Record<string, string>> = {
  data: 'its training had other data',
  model: 'its training had another model',
  programs: 'its training had an estimator with other programs',
  validation: 'its training had other validation data',
};

/** The saves of one training. */
export class Saves {
  readonly #folder: CheckpointFolder;
  readonly #every: Interval;
  readonly #insides: Insides;
  readonly #setting: Setting;
  #position: Position | undefined;
  #isSaved = true;
  #savedAt = performance.now();
  /** How many batches of the epoch had been seen when the last stretch began. */
  #begunAt: number | undefined;

  private constructor(folder: CheckpointFolder, every: Interval, insides: Insides, setting: Setting) {
    this.#folder = folder;
    this.#every = every;
    this.#insides = insides;
    this.#setting = setting;
  }

  /**
   * @throws ArgumentError if the folder holds checkpoints, unless they are what to resume from
   * @throws DataError if it cannot be read or written, StateError if another training uses it
   */
  static async open(
    { dir, every, keep }: Checked<CheckpointOptions>,
    resume: boolean,
    insides: Insides,
    setting: Setting,
  ): Promise<Saves> {
    const folder = await CheckpointFolder.open(dir, keep);
    if (!resume && !folder.isEmpty) {
      await folder.close();
      throw new ArgumentError(
        `fit checkpoint dir must be a folder without checkpoints unless resume is true, but '${dir}' holds some`,
      );
    }
    return new Saves(folder, every, insides, setting);
  }

  /**
   * Puts the training where its newest checkpoint says; undefined where there is none. Damaged ones are passed over, with a
   * warning of the process.
   * @throws DataError if all are damaged; ArgumentError if they are another training's
   */
  async resume(): Promise<Position | undefined> {
    const damaged: string[] = [];
    const checkpoint = await this.#folder.newest(({ message }) => void damaged.push(message));
    for (const message of damaged) {
      process.emitWarning(`${message}; the checkpoint before it is taken`, { code: 'EQPROP_CHECKPOINT' });
    }
    if (!checkpoint) return undefined;
    this.#checkSame(checkpoint);
    const { plan, names, data, freeUnits, velocity, best } = this.#insides;
    const inOrder = (values: ReadonlyMap<string, Floats>) =>
      names.map((name) => values.get(name) ?? new Float32Array());
    plan.write(inOrder(checkpoint.parameters));
    if (checkpoint.velocity) velocity?.write(inOrder(checkpoint.velocity));
    if (checkpoint.kept) await writePersistent(data, checkpoint.kept, freeUnits);
    if (checkpoint.best && best) best.parameters = inOrder(checkpoint.best);
    return checkpoint.position;
  }

  /** Another training's checkpoint must not pass for this one's. */
  #checkSame({ setting, parameters, velocity, best, kept }: Checkpoint): void {
    const { path } = this.#folder;
    const { plan, names, freeUnits } = this.#insides;
    const now = plan.read();
    const checkLengths = (what: string, values: ReadonlyMap<string, Floats>) => {
      for (const [i, name] of names.entries()) {
        const then = values.get(name)?.length;
        if (then === now[i].length) continue;
        throw new ArgumentError(
          `fit cannot resume from '${path}': ${what} '${name}' has ${now[i].length} values, in the checkpoint ${then ?? 'none'}`,
          'ERR_SHAPE',
        );
      }
    };
    checkLengths('the parameter', parameters);
    for (const [key, now] of Object.entries(this.#setting)) {
      const then = setting[key as keyof Setting];
      if (then === now || then === undefined) continue; // a file of an earlier version says less
      const difference = KNOWN_AGAIN[key] ?? `its training had ${key} ${String(then)}, this one has ${String(now)}`;
      throw new ArgumentError(`fit cannot resume from '${path}': ${difference}`);
    }
    if (velocity) checkLengths('the velocity of', velocity);
    if (best) checkLengths('the best', best);
    if (kept && kept.states.length !== setting.examples * freeUnits) {
      throw new ArgumentError(
        `fit cannot resume from '${path}': there are ${freeUnits} free units, but ${kept.states.length} persistent states of ${setting.examples} examples in the checkpoint`,
        'ERR_SHAPE',
      );
    }
  }

  /** Where the training stands now: what a save would write. */
  stand(position: Position): void {
    this.#position = position;
    this.#isSaved = false;
  }

  /** Updates come that may fail midway: until it is said again, nobody knows where the training stands, and nothing is saved. */
  move(): void {
    this.#position = undefined;
  }

  /** How far to train before the next save. */
  stretch(batches: number): Stretch {
    const every = this.#every;
    if ('steps' in every) {
      // Counted within the epoch, so that a resumed training saves where the other one did.
      return { ...WHOLE_EPOCH, until: (Math.floor(batches / every.steps) + 1) * every.steps };
    }
    if ('epochs' in every) return WHOLE_EPOCH;
    // What is cut off gives up the batch under way. One that takes longer than the interval must end all the same.
    const isStuck = this.#begunAt === batches;
    this.#begunAt = batches;
    if (isStuck) return { ...WHOLE_EPOCH, until: batches + 1 };
    return { ...WHOLE_EPOCH, milliseconds: this.#left(every.minutes) };
  }

  /** Milliseconds until the next save. */
  #left(minutes: number): number {
    return Math.max(0, 60_000 * minutes - (performance.now() - this.#savedAt));
  }

  /** Saves if one is due after this epoch. */
  async epochEnded(epoch: number): Promise<void> {
    this.#begunAt = undefined;
    const every = this.#every;
    const due = 'epochs' in every ? epoch % every.epochs === 0 : 'steps' in every || this.#left(every.minutes) === 0;
    if (due) await this.save();
  }

  /** Saves what the last save, if any, does not hold. */
  async ended(): Promise<void> {
    if (!this.#isSaved) await this.save();
  }

  /**
   * @throws DataError if the checkpoint cannot be written, DivergenceError if it would hold a number that is not finite: those
   * before are as they were
   */
  async save(): Promise<void> {
    const { plan, names, data, freeUnits, velocity, best } = this.#insides;
    const position = this.#position;
    if (!position) return;
    const byName = (values: readonly Floats[]) => new Map(names.map((name, i) => [name, values[i]]));
    const checkpoint: Checkpoint = {
      position,
      setting: this.#setting,
      parameters: byName(plan.read()),
      velocity: velocity && byName(velocity.read()),
      best: best?.parameters && byName(best.parameters),
      kept: await readPersistent(data, this.#setting.examples, freeUnits),
    };
    await this.#checkFinite(checkpoint);
    await this.#folder.save(checkpoint);
    this.#isSaved = true;
    this.#savedAt = performance.now();
  }

  /** To be called once the training has ended, whatever ended it. */
  close(): Promise<void> {
    return this.#folder.close();
  }

  /** What has diverged must not take the place of what has not. */
  async #checkFinite({ position, setting, parameters, velocity = new Map() }: Checkpoint): Promise<void> {
    const called = (kind: 'parameter' | 'velocity', values: ReadonlyMap<string, Floats>) =>
      [...values].map(([tensor, data]) => [{ kind, tensor }, data] as const);
    const wrong = await findNotFinite([...called('parameter', parameters), ...called('velocity', velocity)]);
    if (!wrong) return;
    const { examples, batchSize } = setting;
    const inEpoch = Math.ceil(position.totals.examples / batchSize);
    const step = (position.epoch - 1) * Math.ceil(examples / batchSize) + inEpoch;
    throw new DivergenceError('training', step, wrong.name.kind, wrong.name.tensor);
  }
}
