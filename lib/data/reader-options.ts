/** What readers that make data sets of files have in common. */

import { basename } from 'node:path';
import { checkInteger, checkOptions, checkString } from '../check.js';
import { DataError } from '../errors.js';
import { checkScale } from './dataset.js';

/** What to make of what a file holds. */
export interface ReaderOptions {
  /** The number of classes; the largest label and 1 if absent. */
  readonly classes?: number | undefined;
  /** What a byte is multiplied by to become an input; see the reader for its default. */
  readonly scale?: number | undefined;
  /** For messages and reports: the file's name if absent. */
  readonly name?: string | undefined;
}

export const READER_OPTIONS = ['classes', 'scale', 'name'];

/** The options with those that readers share checked, the name filled in. Throws an ArgumentError. */
export function checkReaderOptions<T extends ReaderOptions>(
  reader: string,
  options: T,
  known: readonly string[],
  path: string,
): T {
  const given = checkOptions(`${reader} options`, options, known) as unknown as T;
  if (given.classes !== undefined) checkInteger('classes', given.classes, 1);
  if (given.scale !== undefined) checkScale('scale', given.scale);
  checkString('path', path);
  return { ...given, name: checkString('name', given.name ?? basename(path)) };
}

/** Whole numbers from 0 to 255 as bytes, which take less room; of any others, floats multiplied by the scale. Bytes above 1
 * are scaled by 1/255 unless told otherwise. Throws a DataError for what is not finite then. */
export function asBytes(
  path: string,
  inputs: Float32Array,
  scale?: number,
): { inputs: Uint8Array | Float32Array; scale?: number } {
  if (inputs.every((x) => x >= 0 && x <= 255 && Number.isInteger(x))) {
    const bytes = Uint8Array.from(inputs);
    return { inputs: bytes, scale: scale ?? (bytes.some((x) => x > 1) ? 1 / 255 : 1) };
  }
  if (scale === undefined) return { inputs };
  const scaled = inputs.map((x) => x * scale);
  const wrong = scaled.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return { inputs: scaled };
  throw new DataError(
    'ERR_DATA',
    `'${path}' must hold numbers that are finite as 32-bit floats when they are multiplied by ${scale}, but holds ${inputs[wrong]}`,
  );
}
