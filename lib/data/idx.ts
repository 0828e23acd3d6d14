/** The IDX format of MNIST: the bytes 0, 0, the type of the numbers, the number of dimensions; the dimensions as
 * big-endian 32-bit numbers; the numbers, row-major. Files are often compressed with gzip. */

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { sizeOf } from '../check.js';
import { DataError } from '../errors.js';
import { allocate, type InputFile, readBytes, withFile } from '../files/input.js';

/** What an IDX file of bytes holds. */
export interface Idx {
  /** The dimensions, 1 to 4 of them. */
  readonly shape: readonly number[];
  /** The numbers, row-major. */
  readonly data: Uint8Array;
}

interface Header {
  readonly shape: readonly number[];
  /** Bytes of the header. */
  readonly length: number;
  /** Bytes of the numbers. */
  readonly size: number;
}

const TYPES = new Map([
  [0x08, 'unsigned bytes'],
  [0x09, 'signed bytes'],
  [0x0b, '16-bit integers'],
  [0x0c, '32-bit integers'],
  [0x0d, '32-bit floats'],
  [0x0e, '64-bit floats'],
]);
const UNSIGNED_BYTES = 0x08;
const MOST_DIMENSIONS = 4;
const LONGEST_HEADER = 4 + 4 * MOST_DIMENSIONS;
const MOST_BYTES = 2 ** 31;

/** Bytes of a compressed file that are read at once. */
const CHUNK = 2 ** 18;

/** Deflate cannot say more than this many bytes with one. */
const BEST_COMPRESSION = 1032;

/** Reads an IDX file of unsigned bytes, plain or compressed with gzip, whatever its name. No more memory is taken than
 * its numbers need. Throws a DataError that names the path: `ERR_FILE` if it cannot be read, `ERR_DATA` if its content
 * is not what its header says or no IDX at all. */
export function readIdx(path: string): Promise<Idx> {
  return withFile(path, async (file) => {
    const start = await readBytes(file, 0, Math.min(file.size, LONGEST_HEADER));
    return start[0] === 0x1f && start[1] === 0x8b ? readGzip(file) : readPlain(file, start);
  });
}

async function readPlain(file: InputFile, start: Uint8Array): Promise<Idx> {
  const header = parseHeader(file.path, start);
  if (header === undefined) throw tooShort(file.path, file.size);
  if (file.size !== header.length + header.size) throw wrongSize(file.path, header, String(file.size - header.length));
  return { shape: header.shape, data: await readBytes(file, header.length, header.size) };
}

/** Decompresses straight into the array that is returned and stops at the first byte too many, so that a small file
 * cannot fill the memory. */
async function readGzip(file: InputFile): Promise<Idx> {
  const compressed = Readable.from(chunksOf(file));
  const gunzip = createGunzip();
  compressed.once('error', (error) => gunzip.destroy(error)); // which `pipe` does not pass on
  try {
    return await collect(file, compressed.pipe(gunzip));
  } catch (error) {
    if (!(error instanceof Error) || !String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new DataError('ERR_DATA', `'${file.path}' is a damaged gzip file: ${error.message}`, { cause: error });
  } finally {
    compressed.destroy();
  }
}

async function* chunksOf(file: InputFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += CHUNK) yield await readBytes(file, at, Math.min(CHUNK, file.size - at));
}

async function collect(file: InputFile, chunks: AsyncIterable<Uint8Array>): Promise<Idx> {
  let start: Uint8Array = new Uint8Array(0);
  let header: Header | undefined;
  let data: Uint8Array = new Uint8Array(0);
  let filled = 0;
  for await (const chunk of chunks) {
    let numbers = chunk;
    if (header === undefined) {
      start = Buffer.concat([start, chunk]);
      header = parseHeader(file.path, start);
      if (header === undefined) continue;
      data = allocate(file.path, checkCompressed(file, header).size);
      numbers = start.subarray(header.length);
    }
    if (filled + numbers.length > header.size) throw wrongSize(file.path, header, 'more');
    data.set(numbers, filled);
    filled += numbers.length;
  }
  if (header === undefined) throw tooShort(file.path, start.length);
  if (filled < header.size) throw wrongSize(file.path, header, String(filled));
  return { shape: header.shape, data };
}

/** Refuses a header that no file of this size could honour, before memory is taken for it. */
function checkCompressed(file: InputFile, header: Header): Header {
  if (header.size <= file.size * BEST_COMPRESSION) return header;
  throw wrongSize(file.path, header, `at most ${file.size * BEST_COMPRESSION}`);
}

/** The header at the start of a file; undefined while `start` is too short to tell. */
function parseHeader(path: string, start: Uint8Array): Header | undefined {
  const [, , type = UNSIGNED_BYTES, dimensions = 1] = start;
  if (start.subarray(0, 2).some((byte) => byte !== 0) || !TYPES.has(type)) {
    const bytes = Buffer.from(start.subarray(0, 4)).toString('hex').replace(/..\B/g, '$& ');
    throw new DataError('ERR_DATA', `'${path}' is not an IDX file: it begins with the bytes ${bytes}`);
  }
  if (type !== UNSIGNED_BYTES) {
    throw new DataError('ERR_DATA', `'${path}' holds ${TYPES.get(type)}, but only unsigned bytes are read`);
  }
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    throw new DataError('ERR_DATA', `'${path}' must have 1 to ${MOST_DIMENSIONS} dimensions, but has ${dimensions}`);
  }
  const length = 4 + 4 * dimensions;
  if (start.length < length) return undefined;
  const view = new DataView(start.buffer, start.byteOffset, length);
  const shape = Object.freeze(Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i)));
  const size = sizeOf(shape);
  if (size < 1 || size > MOST_BYTES) {
    throw new DataError('ERR_DATA', `'${path}' must hold 1 to ${MOST_BYTES} bytes, but is ${shape.join(' × ')}`);
  }
  return { shape, length, size };
}

function tooShort(path: string, size: number): DataError {
  const what = size === 0 ? 'is empty' : `ends after ${size} bytes, within its header`;
  return new DataError('ERR_DATA', `'${path}' ${what}, and is not an IDX file`);
}

function wrongSize(path: string, { shape, size }: Header, found: string): DataError {
  return new DataError(
    'ERR_DATA',
    `'${path}' must hold ${shape.join(' × ')} = ${size} bytes after its header, but holds ${found}`,
  );
}
