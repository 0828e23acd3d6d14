import { ArgumentError, DataError } from '../../lib/errors.js';
import { allocatedBy } from './allocations.js';
import type { Format } from './format.js';

/** What a reader may take beside twice the file, in bytes: pieces of files and of compressed data are handled at once. */
const SLACK = 2 ** 20;

/** Characters, without those of the path. */
const LONGEST_SENTENCE = 800;

export interface Attempt {
  /** What the reader threw. */
  readonly error: unknown;
  /** How it broke what is promised of readers; undefined if it did not. */
  readonly broken: string | undefined;
}

/** Reads a file of `size` bytes that may be malformed: it must be read, or refused with a typed error, a DataError unless it
 * says arguments, in one sentence that names the path as it was given, without more memory than is promised. */
export async function attempt(
  { read, saysArguments = false }: Pick<Format, 'read' | 'saysArguments'>,
  path: string,
  size: number,
): Promise<Attempt> {
  let error: unknown;
  const allocated = await allocatedBy(() =>
    read(path).catch((thrown: unknown) => {
      error = thrown ?? new Error('nothing was thrown');
    }),
  );
  return { error, broken: brokenBy(error, path, saysArguments) ?? tooMuch(allocated, size) };
}

function brokenBy(error: unknown, path: string, saysArguments: boolean): string | undefined {
  if (error === undefined) return undefined;
  const isTyped = error instanceof DataError || (saysArguments && error instanceof ArgumentError);
  if (!isTyped) return `${error} instead of a DataError`;
  const { code, message } = error;
  if (error instanceof DataError && code !== 'ERR_DATA' && code !== 'ERR_FILE') return `the code ${code}`;
  const words = message.replaceAll(path, '');
  const isSentence = message.includes(path) && !/\p{Cc}|\.$/u.test(words) && words.length < LONGEST_SENTENCE;
  return isSentence ? undefined : `no sentence that names the path: ${message}`;
}

function tooMuch(allocated: number, size: number): string | undefined {
  const limit = 2 * size + SLACK;
  return allocated <= limit ? undefined : `${allocated} bytes of memory for a file of ${size}, above ${limit}`;
}
