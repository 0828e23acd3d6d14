/** NumPy's format for one array: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

import { DataError } from '../errors.js';
import { allocate, readBytes, withFile } from '../files/input.js';
import { LONGEST_NPY_HEADER, type NpyData, type NpyHeader, parseNpyHeader } from './npy-header.js';

export type { NpyData } from './npy-header.js';

/** An array of NumPy's. */
export interface NpyArray {
  /** Empty for a single number; a side may be 0. */
  readonly shape: readonly number[];
  /** The numbers, row-major whatever the order in the file: a typed array of the file's own type, of bytes for bool. */
  readonly data: NpyData;
}

/**
 * Reads an NPY file, version 1.0 to 3.0, in either byte order and order of indices, of whole numbers, bool, float32 or
 * float64. No more memory is taken than twice the file. Throws a DataError that names the path: `ERR_FILE` if it cannot be
 * read, `ERR_DATA` if its content is not what its header says, or Python objects, records or text.
 */
export function readNpy(path: string): Promise<NpyArray> {
  return withFile(path, (file) =>
    readNpyFrom({
      path,
      name: `'${path}'`,
      size: file.size,
      start: (length) => readBytes(file, 0, length),
      from: (position, length) => readBytes(file, position, length),
    }),
  );
}

/** Where the bytes of an NPY array are: first its start is asked for, then all from a position. */
export interface NpySource {
  readonly path: string;
  /** For messages. */
  readonly name: string;
  /** Bytes, header included. */
  readonly size: number;
  start(length: number): Promise<Uint8Array>;
  from(position: number, length: number): Promise<Uint8Array>;
}

/** Reads an array, checked against the source's size before memory is taken. Throws a DataError `ERR_DATA`. */
export async function readNpyFrom(source: NpySource): Promise<NpyArray> {
  const { path, name } = source;
  const header = parseNpyHeader(name, await source.start(Math.min(source.size, LONGEST_NPY_HEADER)));
  const { shape, length, size, type } = header;
  if (source.size - length !== size) {
    throw new DataError(
      'ERR_DATA',
      `${name} must hold ${size} bytes after its header, for shape (${shape.join(', ')}), but holds ${source.size - length}`,
    );
  }
  const bytes = ordered(path, await source.from(length, size), header);
  return { shape, data: new type(bytes.buffer as ArrayBuffer, bytes.byteOffset, size / type.BYTES_PER_ELEMENT) };
}

/** The bytes in this machine's order (s390x is big-endian) and row-major; `bytes` are changed. */
function ordered(path: string, bytes: Uint8Array, { type, bigEndian, fortran, shape }: NpyHeader): Uint8Array {
  const width = type.BYTES_PER_ELEMENT;
  if (bigEndian !== isBigEndian) swap(bytes, width);
  return fortran && shape.length > 1 ? rowMajor(path, bytes, width, shape) : bytes;
}

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

function swap(bytes: Uint8Array, width: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) view.swap16();
  if (width === 4) view.swap32();
  if (width === 8) view.swap64();
}

/** A copy in which the last index runs fastest instead of the first. */
function rowMajor(path: string, bytes: Uint8Array, width: number, shape: readonly number[]): Uint8Array {
  const copy = allocate(path, bytes.length);
  const index = shape.map(() => 0);
  for (let to = 0; to < bytes.length; to += width) {
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) from = from * shape[axis] + index[axis];
    for (let byte = 0; byte < width; byte++) copy[to + byte] = bytes[from * width + byte];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return copy;
}
