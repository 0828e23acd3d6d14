import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { loadAddon } from '../engine/addon.js';
import { StateError } from '../errors.js';

const open = promisify(fs.open);
const close = promisify(fs.close);

/** Keeps a second training out of a folder. The system lets go of it when the process ends, however that comes about. */
export class FolderLock {
  /** Not a FileHandle, which would complain if it were collected with a training that nobody waits for. */
  #descriptor: number | undefined;

  private constructor(descriptor: number | undefined) {
    this.#descriptor = descriptor;
  }

  /**
   * Where the system, the file system or the lack of the addon allows no lock, there is none.
   * @throws StateError `ERR_BUSY` if another has it; the system's error if the folder cannot be opened
   */
  static async take(path: string): Promise<FolderLock> {
    const addon = loadAddon();
    if (addon instanceof Error || process.platform === 'win32') return new FolderLock(undefined); // it opens no folders
    const lock = new FolderLock(await open(path, 'r'));
    if (addon.lock(lock.#descriptor as number) !== false) return lock;
    await lock.release();
    throw new StateError(
      'ERR_BUSY',
      `'${path}' is in use by another training: wait until it has ended, or give this one a folder of its own`,
    );
  }

  async release(): Promise<void> {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) await close(descriptor).catch(() => {}); // it is closed whatever that says
  }
}
