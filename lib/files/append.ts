/** Adding to a file. Whatever ends the process or the machine meanwhile leaves what was there, and some of what is added. */

import { constants } from 'node:fs';
import { DataError } from '../errors.js';
import { close, fstat, fsync, open, writeAll } from './disk.js';
import { asFileError, linkError } from './input.js';

/** Adds text to a file, which is made for its owner only where there is none, and brings it to the disk. Throws a DataError
 * `ERR_FILE` that names the path; also if it is a symbolic link, a folder or anything else that is no regular file. */
export async function appendToFile(path: string, text: string): Promise<void> {
  // Without O_NONBLOCK, opening a pipe would wait for a reader; Windows knows neither flag.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let descriptor: number | undefined;
  try {
    descriptor = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    if (!(await fstat(descriptor)).isFile())
      throw new DataError('ERR_FILE', `cannot write '${path}': it is not a regular file`);
    await writeAll(descriptor, Buffer.from(text));
    await fsync(descriptor);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP'
      ? linkError('write', path)
      : asFileError('write', path, error);
  } finally {
    if (descriptor !== undefined) close(descriptor);
  }
}
