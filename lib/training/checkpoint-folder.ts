/** The checkpoints of one training: a few files in a folder, the newest of which is gone on from. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { TEMPORARY } from '../files/atomic.js';
import { asFileError } from '../files/input.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';

/** Numbered in the order of their writing. */
const NAME = /^checkpoint-(\d{8,})\.safetensors$/;

export class CheckpointFolder {
  readonly path: string;
  readonly #keep: number;
  /** Oldest first. */
  #numbers: number[];
  #last: number;

  private constructor(path: string, keep: number, numbers: number[]) {
    this.path = path;
    this.#keep = keep;
    this.#numbers = numbers;
    this.#last = numbers[numbers.length - 1] ?? 0;
  }

  /**
   * Makes the folder where there is none, and removes what a process that died left half-written.
   * @throws DataError if the folder cannot be read or written
   */
  static async open(path: string, keep: number): Promise<CheckpointFolder> {
    try {
      await mkdir(path, { recursive: true });
      const names = await readdir(path);
      for (const name of names) if (TEMPORARY.test(name)) await rm(join(path, name), { force: true });
      const numbers = names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
      return new CheckpointFolder(
        path,
        keep,
        numbers.sort((a, b) => a - b),
      );
    } catch (error) {
      throw asFileError('write', path, error);
    }
  }

  get isEmpty(): boolean {
    return this.#numbers.length === 0;
  }

  /**
   * The newest checkpoint that can be read. For each newer one that cannot, `onDamaged` is told why; it stays, but is none
   * of those to keep.
   * @throws DataError if there are some, but none can be read
   */
  async newest(onDamaged: (error: DataError) => void): Promise<Checkpoint | undefined> {
    let first: DataError | undefined;
    for (const number of this.#numbers.toReversed()) {
      try {
        return await readCheckpoint(this.#pathOf(number));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        first ??= error;
        this.#numbers.pop();
        onDamaged(error);
      }
    }
    if (first) throw first;
    return undefined;
  }

  /**
   * Writes one more, whole or not at all; then removes the oldest beyond those to keep.
   * @throws DataError if it cannot be written: those before are as they were
   */
  async save(checkpoint: Checkpoint): Promise<void> {
    const number = this.#last + 1;
    await writeCheckpoint(this.#pathOf(number), checkpoint);
    this.#last = number;
    this.#numbers.push(number);
    while (this.#numbers.length > this.#keep) {
      await rm(this.#pathOf(this.#numbers[0]), { force: true }).catch(() => {}); // one too many does no harm
      this.#numbers.shift();
    }
  }

  #pathOf(number: number): string {
    return join(this.path, `checkpoint-${String(number).padStart(8, '0')}.safetensors`);
  }
}
