/** The IDX format of MNIST: the bytes 0, 0, the type of the numbers, the number of dimensions; the dimensions as
 * big-endian 32-bit numbers; the numbers, row-major. Files are often compressed with gzip. */

import { createGunzip } from 'node:zlib';
import { sizeOf } from '../check.js';
import { DataError } from '../errors.js';
import { BEST_COMPRESSION, ByteStream, chunksOf, inflate, isDamage, MOST_DECOMPRESSED } from '../files/byte-stream.js';
import { type InputFile, readBytes, withFile } from '../files/input.js';

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

/** Decompresses no further than the first byte too many, so that a small file cannot fill the memory. */
async function readGzip(file: InputFile): Promise<Idx> {
  const stream = new ByteStream(file.path, inflate(chunksOf(file), createGunzip()), file.size);
  try {
    const start = await stream.take(LONGEST_HEADER);
    const header = parseHeader(file.path, start);
    if (header === undefined) throw tooShort(file.path, start.length);
    checkCompressed(file, header);
    stream.unread(start.subarray(header.length));
    const data = await stream.take(header.size);
    if (data.length < header.size) throw wrongSize(file.path, header, String(data.length));
    if (!(await stream.isAtEnd())) throw wrongSize(file.path, header, 'more');
    return { shape: header.shape, data };
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new DataError('ERR_DATA', `'${file.path}' is a damaged gzip file: ${error.message}`, { cause: error });
  } finally {
    await stream.close();
  }
}

/** Refuses a header that no file of this size could honour, before memory is taken for it. */
function checkCompressed(file: InputFile, header: Header): void {
  if (header.size <= file.size * BEST_COMPRESSION) return;
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
  if (size < 1 || size > MOST_DECOMPRESSED) {
    throw new DataError('ERR_DATA', `'${path}' must hold 1 to ${MOST_DECOMPRESSED} bytes, but is ${shape.join(' × ')}`);
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
