/** Reading files whose size and content are not to be trusted. */

import { constants } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { checkString } from '../check.js';
import { DataError, EqpropError } from '../errors.js';
import { close, fstat, open, read } from './disk.js';

/** The system refuses a single read of 2 GiB. */
const LARGEST_READ = 2 ** 30;

/** A regular file, open for reading. */
export interface InputFile {
  /** As the caller gave it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly descriptor: number;
}

/** How a file is opened. */
export interface InputOptions {
  /** Whether the path may lead to a symbolic link, which is then followed. Default true. */
  readonly symlinks?: boolean;
}

/** Opens a regular file, hands it to `use` and closes it. Throws a DataError `ERR_FILE` if it is missing, cannot be
 * read, or is a folder, a pipe or a device. */
export async function withFile<T>(
  path: string,
  use: (file: InputFile) => Promise<T>,
  { symlinks = true }: InputOptions = {},
): Promise<T> {
  checkString('path', path);
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for a writer; Windows knows neither flag.
    const flags = (constants.O_NONBLOCK ?? 0) | (symlinks ? 0 : (constants.O_NOFOLLOW ?? 0));
    descriptor = await open(path, constants.O_RDONLY | flags);
    const stats = await fstat(descriptor);
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a folder' : 'not a regular file';
      throw new DataError('ERR_FILE', `cannot read '${path}': it is ${what}`);
    }
    return await use({ path, size: stats.size, descriptor });
  } catch (error) {
    if (!symlinks && (error as NodeJS.ErrnoException).code === 'ELOOP') {
      throw linkError('read', path);
    }
    throw asFileError('read', path, error);
  } finally {
    if (descriptor !== undefined) close(descriptor);
  }
}

/** Exactly `length` bytes from `position`, in an array of their own. The caller has checked them against `file.size`,
 * so no more is allocated than the file holds. Throws a DataError if the file ends early or memory runs out. */
export async function readBytes(file: InputFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = allocate(file.path, length);
  for (let filled = 0; filled < length; ) {
    const wanted = Math.min(length - filled, LARGEST_READ);
    const { bytesRead } = await read(file.descriptor, bytes, filled, wanted, position + filled);
    if (bytesRead === 0) {
      throw new DataError(
        'ERR_DATA',
        `'${file.path}' ended after ${position + filled} of its ${file.size} bytes: it changed while it was read`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}

/** Zeroed bytes for the content of a file. Throws a DataError `ERR_FILE` if there is no memory for them. */
export function allocate(path: string, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new DataError('ERR_FILE', `cannot read '${path}': there is no memory for its ${length} bytes`, { cause });
  }
}

/** What is said of a symbolic link where none is followed. */
export function linkError(verb: 'read' | 'write', path: string): DataError {
  return new DataError('ERR_FILE', `cannot ${verb} '${path}': it is a symbolic link, which is not followed`);
}

/** A system's error as a DataError `ERR_FILE` that names the path and the system's code; any other error as it is. */
export function asFileError(verb: 'read' | 'write', path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof EqpropError) return error;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const reason = (errno !== undefined && getSystemErrorMap().get(errno)?.[1]) || error.message;
  return new DataError('ERR_FILE', `cannot ${verb} '${path}': ${code}, ${reason}`, { cause: error });
}
