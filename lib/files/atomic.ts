/** Writing a file so that a reader, a crash or a second writer finds the old content or the new, never a mixture. */

import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { checkString, describe } from '../check.js';
import { ArgumentError, DataError } from '../errors.js';
import { close, closeQuietly, fsync, lstat, open, readdir, rename, unlink, writeAll } from './disk.js';
import { syncFolder, unless } from './folder.js';
import { asFileError } from './input.js';

/** What files are called while they are written. A process that is killed leaves one: see `removeTemporaries`. */
export const TEMPORARY = /^\.eqprop-[0-9a-f]{24}\.tmp$/;

/** Writes the chunks, one after the other, to a new file that takes the place of `path` in one step once it is safely
 * on the disk. The file can be read and written by its owner only. The chunks must not change before the promise is
 * settled. Throws a DataError `ERR_FILE` that names the path and the system's code, and leaves the old file as it was;
 * also if `path` is a symbolic link, a folder or anything else that is no regular file. */
export async function writeFileAtomic(path: string, chunks: Uint8Array | readonly Uint8Array[]): Promise<void> {
  checkString('path', path);
  const list = checkChunks(chunks);
  const folder = dirname(path);
  // Its length does not depend on the name of the file, which may be as long as the system allows.
  const temporary = join(folder, `.eqprop-${randomBytes(12).toString('hex')}.tmp`);
  try {
    await refuseToReplace(path);
    await writeNew(temporary, list);
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    // The first error is the one to tell.
    await unlink(temporary).catch(() => {});
    throw asFileError('write', path, error);
  }
}

/** Removes what processes that died have left half-written in a folder. Throws the system's error if it cannot be read. */
export async function removeTemporaries(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && TEMPORARY.test(entry.name)) await unlink(join(folder, entry.name)).catch(unless('ENOENT'));
  }
}

function checkChunks(chunks: unknown): readonly Uint8Array[] {
  const list = Array.isArray(chunks) ? chunks : [chunks];
  for (const chunk of list) {
    if (chunk instanceof Uint8Array) continue;
    throw new ArgumentError(`chunks must be a Uint8Array or an array of them, but ${describe(chunk)} was given`);
  }
  return list;
}

async function refuseToReplace(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stats === undefined || stats.isFile()) return;
  const what = stats.isSymbolicLink() ? 'a symbolic link' : stats.isDirectory() ? 'a folder' : 'not a regular file';
  throw new DataError('ERR_FILE', `cannot write '${path}': it is ${what}, which is not replaced`);
}

async function writeNew(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const descriptor = await open(path, 'wx', 0o600);
  try {
    for (const chunk of chunks) await writeAll(descriptor, chunk);
    await fsync(descriptor);
  } catch (error) {
    closeQuietly(descriptor);
    throw error;
  }
  close(descriptor);
}
