/** The header of a safetensors file, checked before anything is done with it: a length (8 bytes, little-endian), then
 * JSON that gives each tensor's dtype, shape and place in the bytes that follow. */

import { describe } from '../check.js';
import { DataError } from '../errors.js';
import { printable } from '../printable.js';
import { type JsonLimits, parseJson } from './json.js';

/** The typed array of each dtype that is read and written. */
export const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** The kind of number that a tensor holds, by its name in safetensors. */
export type Dtype = keyof typeof ARRAYS;

/** Bytes of the length before the header. */
export const LENGTH_BYTES = 8;

/** Bytes of the longest header that is read and written. The format allows 100 MB, but what a header of this package says
 * takes a hundred bytes a tensor, and the form of a model of a thousand layers half a megabyte. */
export const LONGEST_HEADER = 2 ** 22;

/** Of the header: a tensor's shape lies in its description, and that in the header. Within these limits and the length,
 * reading takes less than 64 MiB of V8's heap. */
export const HEADER_LIMITS: JsonLimits = { levels: 3, values: 2 ** 17 };

/** The key of the header that is not a tensor. */
export const METADATA_KEY = '__metadata__';

/** Where a tensor lies: `begin` and `end` count bytes from the end of the header. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header says: the tensors in the order of their bytes, and the metadata. */
export interface Header {
  readonly places: readonly TensorPlace[];
  readonly metadata: Map<string, string>;
}

type Json = Record<string, unknown>;

/** The length of the header in bytes, from the first 8 bytes of a file of `fileSize` bytes. Throws a DataError
 * `ERR_DATA` that names the file if the header would be too long or reach beyond the end. */
export function parseLength(start: Uint8Array, fileSize: number, file: string): number {
  if (fileSize < LENGTH_BYTES) {
    throw unusable(file, `it holds ${fileSize} bytes, less than the ${LENGTH_BYTES} bytes of the header's length`);
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw unusable(file, `its header would be ${length} bytes long, above the limit of ${LONGEST_HEADER}`);
  }
  if (length > BigInt(fileSize - LENGTH_BYTES)) {
    throw unusable(file, `its header would be ${length} bytes long, but ${fileSize - LENGTH_BYTES} bytes follow`);
  }
  return Number(length);
}

/** The checked content of the header of a file whose tensors fill `dataSize` bytes. Throws a DataError `ERR_DATA` that
 * names the file and the rule that it breaks. */
export function parseHeader(bytes: Uint8Array, dataSize: number, file: string): Header {
  const metadata = new Map<string, string>();
  const places: TensorPlace[] = [];
  for (const [name, value] of Object.entries(parseObject(bytes, file))) {
    if (name === METADATA_KEY) parseMetadata(value, metadata, file);
    else places.push(parsePlace(name, value, file));
  }
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkContiguous(places, dataSize, file);
  return { places, metadata };
}

function parseObject(bytes: Uint8Array, file: string): Json {
  if (bytes[0] !== 0x7b) throw unusable(file, "its header does not begin with '{'");
  let end = bytes.length;
  while (bytes[end - 1] === 0x20) end--;
  if (bytes[end - 1] !== 0x7d) throw unusable(file, "its header does not end with '}' and spaces");
  const header = parseJson(bytes.subarray(0, end), HEADER_LIMITS, (why, cause) =>
    unusable(file, `its header ${why}`, cause),
  );
  return header as Json; // as it begins with '{'
}

function parseMetadata(value: unknown, metadata: Map<string, string>, file: string): void {
  if (!isObject(value)) throw unusable(file, `its ${METADATA_KEY} is not an object`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw unusable(file, `its ${METADATA_KEY} holds no string for ${describe(key)}`);
    metadata.set(key, text);
  }
}

function parsePlace(name: string, value: unknown, file: string): TensorPlace {
  const tensor = `tensor ${describe(name)}`;
  if (!isObject(value)) throw unusable(file, `${tensor} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    const given = typeof dtype === 'string' ? describe(dtype) : 'none';
    throw unusable(file, `the dtype of ${tensor} must be one of ${Object.keys(ARRAYS).join(', ')}, but is ${given}`);
  }
  if (!isCounts(shape)) throw unusable(file, `the shape of ${tensor} is not an array of whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw unusable(file, `the data_offsets of ${tensor} are not two whole numbers`);
  }
  const [begin, end] = offsets as [number, number];
  const size = checkedSize(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(size)) throw unusable(file, `the shape of ${tensor} is too large to count its bytes`);
  if (end - begin !== size) {
    throw unusable(
      file,
      `${tensor} of shape [${printable(shape.join(', '), 99)}] takes ${size} bytes of ${dtype}, but its data_offsets are ` +
        `[${begin}, ${end}]`,
    );
  }
  return { name, dtype, shape: Object.freeze(shape), begin, end };
}

/** The product, or NaN once it is above what a number counts exactly, even if a 0 follows. */
function checkedSize(shape: readonly number[]): number {
  return shape.reduce((product, side) => (Number.isSafeInteger(product * side) ? product * side : Number.NaN), 1);
}

function checkContiguous(places: readonly TensorPlace[], dataSize: number, file: string): void {
  let at = 0;
  for (const { name, begin, end } of places) {
    if (begin !== at) {
      const what = begin > at ? 'leaves a gap' : 'overlaps';
      throw unusable(file, `tensor ${describe(name)} begins at byte ${begin} and ${what}: byte ${at} was next`);
    }
    at = end;
  }
  if (at !== dataSize) throw unusable(file, `its tensors end at byte ${at}, but ${dataSize} bytes follow the header`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(ARRAYS, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** The error of a file that breaks a rule of the format, or holds what is not supported. */
function unusable(file: string, why: string, cause?: unknown): DataError {
  return new DataError('ERR_DATA', `cannot use '${file}' as a safetensors file: ${printable(why)}`, { cause });
}
