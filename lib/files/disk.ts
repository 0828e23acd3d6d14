/**
 * Node's file system with callbacks, as promises. The package does not use `node:fs/promises`: where a worker is terminated in
 * the midst of one of its calls, Node 20 ends the whole process (node_file.cc: "Assertion failed: (argc) == (5)"), as the call
 * then has no promise to settle and takes itself for a synchronous one. Calls with callbacks bring what they settle.
 */

import * as fs from 'node:fs';
import { promisify } from 'node:util';

export const open = promisify(fs.open);
export const fstat = promisify(fs.fstat);
export const fsync = promisify(fs.fsync);
export const read = promisify(fs.read);
export const lstat = promisify(fs.lstat);
export const stat = promisify(fs.stat);
export const mkdir = promisify(fs.mkdir);
export const readdir = promisify(fs.readdir);
export const rename = promisify(fs.rename);
export const unlink = promisify(fs.unlink);

/** At once: a close that waits for a thread is forgotten where a worker is terminated meanwhile, and a folder's lock with it. What
 * was written has been synced before. */
export const close = fs.closeSync;

/** Likewise where an error is on its way that is the one to tell. */
export function closeQuietly(descriptor: number): void {
  try {
    close(descriptor);
  } catch {
    // It is closed whatever the system says.
  }
}

const write = promisify(fs.write);
/** Bytes: a system may refuse to write much more at once. */
const LARGEST_WRITE = 2 ** 19;

/** Writes all bytes where the file stands, or throws the system's error. */
export async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const wanted = Math.min(bytes.length - written, LARGEST_WRITE);
    const { bytesWritten } = await write(descriptor, bytes, written, wanted, null);
    if (bytesWritten === 0) throw Object.assign(new Error('the system wrote nothing'), { code: 'EIO' });
    written += bytesWritten;
  }
}
