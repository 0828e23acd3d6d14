/** When a training is saved, and how it goes on from what was. */

import { checkInteger, checkOptions, checkPositive, checkString, type Floats } from '../check.js';
import type { LoadedData, Plan, Velocity } from '../engine/engine.js';
import { ArgumentError } from '../errors.js';
import type { Checkpoint, Position, Setting } from './checkpoint.js';
import { CheckpointFolder } from './checkpoint-folder.js';

/** How often: after so many epochs, updates or minutes. One of the three. */
export type Interval = { epochs: number } | { steps: number } | { minutes: number };

export interface CheckpointOptions {
  /** A folder of the training's own; made where there is none. */
  dir: string;
  /** Default `{ epochs: 1 }`. A training that is stopped by its signal, or by what a callback throws, is saved once more. */
  every?: Interval;
  /** How many of the newest stay, two or more: should one be damaged, there is another. Default 2. */
  keep?: number;
}

/** @throws ArgumentError for an option that is unknown, missing or wrong */
export function checkCheckpointOptions(name: string, options: CheckpointOptions): Required<CheckpointOptions> {
  options = checkOptions(name, options, ['dir', 'every', 'keep']);
  const dir = checkString(`${name} dir`, options.dir);
  if (dir === '') throw new ArgumentError(`${name} dir must name a folder, but '' was given`);
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
}

/** The saves of one training. */
export class Saves {
  readonly #folder: CheckpointFolder;
  readonly #every: Interval;
  readonly #insides: Insides;
  readonly #setting: Setting;
  #position: Position | undefined;
  #savedAt = performance.now();

  private constructor(folder: CheckpointFolder, every: Interval, insides: Insides, setting: Setting) {
    this.#folder = folder;
    this.#every = every;
    this.#insides = insides;
    this.#setting = setting;
  }

  /**
   * @throws ArgumentError if the folder holds checkpoints, unless they are what to resume from
   * @throws DataError if it cannot be read or written
   */
  static async open(
    { dir, every, keep }: Required<CheckpointOptions>,
    resume: boolean,
    insides: Insides,
    setting: Setting,
  ): Promise<Saves> {
    const folder = await CheckpointFolder.open(dir, keep);
    if (!resume && !folder.isEmpty) {
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
    const checkpoint = await this.#folder.newest(({ message }) =>
      process.emitWarning(`${message}; the checkpoint before it is taken`, { code: 'EQPROP_CHECKPOINT' }),
    );
    if (!checkpoint) return undefined;
    this.#checkSame(checkpoint);
    const { plan, names, data, velocity } = this.#insides;
    const inOrder = (values: ReadonlyMap<string, Floats>) =>
      names.map((name) => values.get(name) ?? new Float32Array());
    plan.write(inOrder(checkpoint.parameters));
    if (checkpoint.velocity) velocity?.write(inOrder(checkpoint.velocity));
    if (checkpoint.kept) data.writePersistent(checkpoint.kept);
    return checkpoint.position;
  }

  /** Another training's checkpoint must not pass for this one's. */
  #checkSame({ setting, parameters }: Checkpoint): void {
    const { path } = this.#folder;
    for (const [key, now] of Object.entries(this.#setting)) {
      const then = setting[key as keyof Setting];
      if (then === now) continue;
      throw new ArgumentError(
        `fit cannot resume from '${path}': its training had ${key} ${String(then)}, this one has ${String(now)}`,
      );
    }
    const now = this.#insides.plan.read();
    for (const [i, name] of this.#insides.names.entries()) {
      if (parameters.get(name)?.length === now[i].length) continue;
      const then = parameters.get(name)?.length;
      throw new ArgumentError(
        `fit cannot resume from '${path}': the parameter '${name}' has ${now[i].length} values, in the checkpoint ${then ?? 'none'}`,
        'ERR_SHAPE',
      );
    }
  }

  /** Where the training stands now: what a save would write. */
  stand(position: Position): void {
    this.#position = position;
  }

  /** How far to train before the next save: until so many batches of the epoch, or until the signal. */
  stretch(batches: number, signal: AbortSignal): { until: number; signal: AbortSignal } {
    const every = this.#every;
    if ('steps' in every) {
      // Counted within the epoch, so that a resumed training saves where the other one did.
      return { until: (Math.floor(batches / every.steps) + 1) * every.steps, signal };
    }
    if ('epochs' in every) return { until: Number.POSITIVE_INFINITY, signal };
    const due = AbortSignal.timeout(Math.min(this.#left(every.minutes), 2 ** 31 - 1));
    return { until: Number.POSITIVE_INFINITY, signal: AbortSignal.any([signal, due]) };
  }

  /** Milliseconds until the next save. */
  #left(minutes: number): number {
    return Math.max(0, Math.ceil(60_000 * minutes - (performance.now() - this.#savedAt)));
  }

  /** Saves if one is due after this epoch, or if it is the last. */
  async epochEnded(epoch: number, epochs: number): Promise<void> {
    const every = this.#every;
    const due = 'epochs' in every ? epoch % every.epochs === 0 : 'steps' in every || this.#left(every.minutes) === 0;
    if (due || epoch === epochs) await this.save();
  }

  /** @throws DataError if the checkpoint cannot be written: those before are as they were */
  async save(): Promise<void> {
    const { plan, names, data, velocity } = this.#insides;
    if (!this.#position) return;
    const byName = (values: readonly Floats[]) => new Map(names.map((name, i) => [name, values[i]]));
    const kept = data.readPersistent();
    await this.#folder.save({
      position: this.#position,
      setting: this.#setting,
      parameters: byName(plan.read()),
      velocity: velocity && byName(velocity.read()),
      kept: kept.visited.length > 0 ? kept : undefined,
    });
    this.#savedAt = performance.now();
  }
}
