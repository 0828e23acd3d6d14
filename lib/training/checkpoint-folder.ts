/** The checkpoints of one training: a few files in a folder, the newest of which is gone on from. */

import { join } from 'node:path';
import { DataError, StateError } from '../errors.js';
import { removeTemporaries } from '../files/atomic.js';
import { readdir, unlink } from '../files/disk.js';
import { makeFolder } from '../files/folder.js';
import { asFileError } from '../files/input.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { FolderLock } from './folder-lock.js';

/** Numbered in the order of their writing, with 8 digits or as many more as it takes. */
const NAME = /^checkpoint-(\d{8}|[1-9]\d{8,14})\.safetensors$/;
/** A number counts it exactly. */
const LAST = 999_999_999_999_999;

export class CheckpointFolder {
  readonly path: string;
  readonly #keep: number;
  readonly #lock: FolderLock;
  /** Oldest first. */
  #numbers: number[];
  #last: number;

  private constructor(path: string, keep: number, lock: FolderLock, numbers: number[]) {
    this.path = path;
    this.#keep = keep;
    this.#lock = lock;
    this.#numbers = numbers;
    this.#last = numbers[numbers.length - 1] ?? 0;
  }

  /**
   * Makes the folder, for its owner only, where there is none, and removes what a process that died left half-written. It is
   * this one's alone until it is closed.
   * @throws DataError if the folder cannot be read or written, or is a symbolic link
   * @throws StateError `ERR_BUSY` if another training has it open
   */
  static async open(path: string, keep: number): Promise<CheckpointFolder> {
    let lock: FolderLock | undefined;
    try {
      await makeFolder(path);
      lock = await FolderLock.take(path);
      await removeTemporaries(path);
      const numbers = (await readdir(path)).flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
      numbers.sort((a, b) => a - b);
      return new CheckpointFolder(path, keep, lock, numbers);
    } catch (error) {
      await lock?.release();
      throw error instanceof StateError ? error : asFileError('write', path, error);
    }
  }

  /** Lets others open it. */
  close(): Promise<void> {
    return this.#lock.release();
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
    if (number > LAST) {
      throw new DataError(
        'ERR_FILE',
        `cannot write '${this.path}': a checkpoint in it has the highest number, ${LAST}`,
      );
    }
    await this.#lock.check().catch((error) => {
      throw asFileError('write', this.path, error);
    });
    await writeCheckpoint(this.#pathOf(number), checkpoint);
    this.#last = number;
    this.#numbers.push(number);
    while (this.#numbers.length > this.#keep) {
      await unlink(this.#pathOf(this.#numbers[0])).catch(() => {}); // one too many does no harm
      this.#numbers.shift();
    }
  }

  #pathOf(number: number): string {
    return join(this.path, `checkpoint-${String(number).padStart(8, '0')}.safetensors`);
  }
}
