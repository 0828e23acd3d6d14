import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { loadAddon } from '../engine/addon.js';
import { DataError, StateError } from '../errors.js';
import { closeQuietly, fstat, lstat, open } from '../files/disk.js';
import { linkError } from '../files/input.js';

/** Of trainings that nobody waits for any more. (A FileHandle would do this with a warning.) */
const forgotten = new FinalizationRegistry(closeQuietly);

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
   * Where the system, the file system or the lack of the addon allows no lock, there is none; the folder is known again all the
   * same.
   * @throws StateError `ERR_BUSY` if another has it; DataError if it is a symbolic link; the system's error if it is no
   * folder, or cannot be opened
   */
  static async take(path: string): Promise<FolderLock> {
    const descriptor = await openFolder(path);
    const lock = new FolderLock(path, descriptor);
    const addon = loadAddon();
    if (descriptor === undefined || addon instanceof Error || addon.lock(descriptor) !== false) return lock;
    await lock.release();
    throw new StateError(
      'ERR_BUSY',
      `'${path}' is in use by another training: wait until it has ended, or give this one a folder of its own`,
    );
  }

  /**
   * To be called before anything is written to the folder by its name, under which there may be another one by now.
   * @throws DataError if there is, or a symbolic link; the system's error if there is none
   */
  async check(): Promise<void> {
    const named = await lookAt(this.#path);
    if (this.#descriptor === undefined) return;
    const mine = await fstat(this.#descriptor);
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
    closeQuietly(descriptor);
  }
}

/** Without following a link. Undefined on Windows, which opens no folders. */
async function openFolder(path: string): Promise<number | undefined> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
  if (process.platform === 'win32') {
    await lookAt(path);
    return undefined;
  }
  try {
    return await open(withoutSlash(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    await lookAt(path); // of a link, systems say different things
    throw error;
  }
}

/** @throws DataError for a symbolic link */
async function lookAt(path: string): Promise<fs.Stats> {
  const stats = await lstat(withoutSlash(path));
  if (stats.isSymbolicLink()) throw linkError('write', path);
  return stats;
}

/** A slash at the end would follow a link. */
function withoutSlash(path: string): string {
  return resolve(path);
}
