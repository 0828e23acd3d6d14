import * as fs from 'node:fs';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { loadAddon } from '../engine/addon.js';
import { DataError, StateError } from '../errors.js';

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);

/** Of trainings that nobody waits for any more. (A FileHandle would do this with a warning.) */
const forgotten = new FinalizationRegistry((descriptor: number) => fs.close(descriptor, () => {}));

/** Keeps a second training out of a folder. The system lets go of it when the process ends, however that comes about. */
export class FolderLock {
  readonly #path: string;
  #descriptor: number | undefined;

  private constructor(path: string, descriptor: number | undefined) {
    this.#path = path;
    this.#descriptor = descriptor;
    if (descriptor !== undefined) forgotten.register(this, descriptor, this);
  }

  /**
   * Where the system, the file system or the lack of the addon allows no lock, there is none.
   * @throws StateError `ERR_BUSY` if another has it; the system's error if the folder cannot be opened
   */
  static async take(path: string): Promise<FolderLock> {
    const addon = loadAddon();
    if (addon instanceof Error || process.platform === 'win32') return new FolderLock(path, undefined); // it opens no folders
    const descriptor = await open(path, 'r');
    const lock = new FolderLock(path, descriptor);
    if (addon.lock(descriptor) !== false) return lock;
    await lock.release();
    throw new StateError(
      'ERR_BUSY',
      `'${path}' is in use by another training: wait until it has ended, or give this one a folder of its own`,
    );
  }

  /**
   * To be called before anything is written to the folder by its name, under which there may be another one by now.
   * @throws DataError if there is; the system's error if there is none
   */
  async check(): Promise<void> {
    if (this.#descriptor === undefined) return;
    const mine = await fstat(this.#descriptor);
    const named = await lstat(this.#path);
    if (mine.dev === named.dev && mine.ino === named.ino) return;
    throw new DataError(
      'ERR_FILE',
      `cannot write '${this.#path}': the folder has been removed and made anew meanwhile`,
    );
  }

  async release(): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    forgotten.unregister(this);
    await close(descriptor).catch(() => {}); // it is closed whatever that says
  }
}
