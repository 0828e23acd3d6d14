import { DataError } from '../../lib/errors.js';
import { allocatedBy } from './allocations.js';

/** What a reader may take beside twice the file, in bytes: pieces of files and of compressed data are handled at once. */
const SLACK = 2 ** 20;

export interface Attempt {
  /** What the reader threw. */
  readonly error: unknown;
  /** How it broke what is promised of readers; undefined if it did not. */
  readonly broken: string | undefined;
}

/** Reads a file of `size` bytes that may be malformed: it must be read, or refused with a DataError in one sentence that
 * names the path as it was given, without more memory than is promised. */
export async function attempt(read: (path: string) => Promise<unknown>, path: string, size: number): Promise<Attempt> {
  let error: unknown;
  const allocated = await allocatedBy(() =>
    read(path).catch((thrown: unknown) => {
      error = thrown ?? new Error('nothing was thrown');
    }),
  );
  return { error, broken: brokenBy(error, path) ?? tooMuch(allocated, size) };
}

function brokenBy(error: unknown, path: string): string | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof DataError)) return `${error} instead of a DataError`;
  const { code, message } = error;
  if (code !== 'ERR_DATA' && code !== 'ERR_FILE') return `the code ${code}`;
  return message.includes(path) && !/\n|\.$/.test(message) ? undefined : `no sentence that names the path: ${message}`;
}

function tooMuch(allocated: number, size: number): string | undefined {
  const limit = 2 * size + SLACK;
  return allocated <= limit ? undefined : `${allocated} bytes of memory for a file of ${size}, above ${limit}`;
}
