/** Making folders that outlive a loss of power: a name does so only once the folder that it stands in is on the disk. */

import { dirname, resolve } from 'node:path';
import { close, fsync, lstat, mkdir, open } from './disk.js';

/**
 * Makes a folder, for its owner only, and those that it lies in, each on the disk before the next; what is there stays as it is.
 * Throws the system's error.
 */
export async function makeFolder(path: string): Promise<void> {
  const whole = resolve(path); // without a slash at the end, which would follow a link
  const parent = dirname(whole);
  if (await isThere(whole)) {
    // Who made it may have died before this. Who may not look into the folder above has not.
    await syncFolder(parent).catch(unless('EACCES'));
    return;
  }
  await makeFolder(parent);
  await mkdir(whole, { mode: 0o700 }).catch(unless('EEXIST'));
  await syncFolder(parent);
}

/** Brings the names in a folder to the disk. Throws the system's error. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // it opens no folders
  const descriptor = await open(folder, 'r');
  try {
    await fsync(descriptor).catch(unless('EINVAL', 'ENOTSUP')); // some network file systems cannot do this to a folder
  } finally {
    close(descriptor);
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path)
    .then(() => true, unless('ENOENT'))
    .then(Boolean);
}

/** Throws what has another code. */
export function unless(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
