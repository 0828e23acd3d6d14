import { gzipSync } from 'node:zlib';
import { readIdx } from '../../lib/data/idx.js';
import { changed, type Format, join, type Malformed, withByte } from './format.js';

const be32 = (x: number) => changed(Buffer.alloc(4), (b) => b.writeUInt32BE(x));
/** An IDX file whose header says `sides`, with `count` bytes after it. */
const idx = (sides: readonly number[], count: number, type = 8, dimensions = sides.length) =>
  join(Uint8Array.of(0, 0, type, dimensions), ...sides.map(be32), Buffer.alloc(count, 7));

const good = idx([2, 3], 6);
const most = 2 ** 32 - 1;

const headers: readonly (readonly [what: string, bytes: Uint8Array, says: string])[] = [
  ['nothing', Buffer.alloc(0), 'empty'],
  ['one byte', good.subarray(0, 1), 'ends after 1 bytes'],
  ['two bytes', good.subarray(0, 2), 'ends after 2 bytes'],
  ['its magic alone', good.subarray(0, 4), 'ends after 4 bytes'],
  ['half of a side', good.subarray(0, 6), 'ends after 6 bytes'],
  ['one side of two', good.subarray(0, 8), 'ends after 8 bytes'],
  ['all of its header but a byte', good.subarray(0, 11), 'ends after 11 bytes'],
  ['a first byte of 1', withByte(good, 0, () => 1), 'not an IDX file'],
  ['a second byte of 255', withByte(good, 1, () => 255), 'not an IDX file'],
  ['little-endian sides', changed(good, (b) => b.writeUInt32LE(2, 4)), '= 100663296'],
  ['zeros', Buffer.alloc(64), 'not an IDX file'],
  ['ones', Buffer.alloc(64, 255), 'not an IDX file'],
  ['a PNG', join('\x89PNG\r\n\x1a\n', Buffer.alloc(64)), 'not an IDX file'],
  ['an NPY file', join('\x93NUMPY\x01\x00', Buffer.alloc(64)), 'not an IDX file'],
  ['a ZIP archive', join('PK\x03\x04', Buffer.alloc(64)), 'not an IDX file'],
  ['text', Buffer.from('5,0,0,0\n'.repeat(9)), 'not an IDX file'],
  ['type 0', idx([6], 6, 0), 'not an IDX file'],
  ['type 7', idx([6], 6, 7), 'not an IDX file'],
  ['type 10, which the format leaves out', idx([6], 6, 10), 'not an IDX file'],
  ['type 15', idx([6], 6, 15), 'not an IDX file'],
  ['type 255', idx([6], 6, 255), 'not an IDX file'],
  ['signed bytes', idx([6], 6, 9), 'signed bytes'],
  ['16-bit integers', idx([3], 6, 11), '16-bit'],
  ['32-bit integers', idx([3], 12, 12), '32-bit integers'],
  ['32-bit floats', idx([3], 12, 13), '32-bit floats'],
  ['64-bit floats', idx([3], 24, 14), '64-bit floats'],
  ['no dimension', idx([], 6), '1 to 4 dimensions'],
  ['5 dimensions', idx([1, 1, 1, 2, 3], 6), '1 to 4 dimensions'],
  ['255 dimensions', idx([2, 3], 6, 8, 255), '1 to 4 dimensions'],
  ['more dimensions than its header has', idx([2], 0, 8, 4), 'within its header'],
  ['a first side of 0', idx([0, 3], 0), 'must hold 1 to'],
  ['a last side of 0', idx([3, 0], 0), 'must hold 1 to'],
  ['sides of 0 and of 2^32 − 1', idx([0, most], 0), 'must hold 1 to'],
  ['a side of 2^31', idx([2 ** 31], 6), '2147483648'],
  ['a side of 2^32 − 1', idx([most], 6), 'must hold 1 to'],
  ['a product of 2^32', idx([65536, 65536], 6), 'must hold 1 to'],
  ['a product of 2^32 + 6 in 32 bits', idx([65537, 65535], 6), 'must hold 1 to'],
  ['a product of 2^128', idx([most, most, most, most], 6), 'must hold 1 to'],
  ['no numbers', idx([2, 3], 0), '= 6'],
  ['a number too few', idx([2, 3], 5), '= 6'],
  ['a number too many', idx([2, 3], 7), '= 6'],
  ['twice its numbers', idx([2, 3], 12), '= 6'],
  ['a header that says a thousand times its numbers', idx([6000], 6), '= 6000'],
];

/** What no plain file can be: read as unsigned bytes of one side, they begin like gzip. */
const plain: readonly Malformed[] = headers;

const zipped = gzipSync(good);
const damaged: readonly Malformed[] = [
  ['only its magic', zipped.subarray(0, 2), 'damaged gzip'],
  ['half of its header', zipped.subarray(0, 7), 'damaged gzip'],
  ['its header alone', zipped.subarray(0, 10), 'damaged gzip'],
  ['all but its length', zipped.subarray(0, -4), 'damaged gzip'],
  ['all but a byte', zipped.subarray(0, -1), 'damaged gzip'],
  ['a wrong method', withByte(zipped, 2, () => 0), 'damaged gzip'],
  ['a wrong checksum', withByte(zipped, -8, (b) => b ^ 1), 'damaged gzip'],
  ['a wrong length', withByte(zipped, -4, (b) => b ^ 1), 'damaged gzip'],
  ['a block of an unknown kind', withByte(zipped, 10, (b) => b | 6), 'damaged gzip'],
  ['noise after its header', changed(zipped, (b) => b.fill(0xa5, 10)), 'damaged gzip'],
  ['a second member that is damaged', join(zipped, zipped.subarray(0, 12)), 'damaged gzip'],
  ['a second member of zeros', join(zipped, gzipSync(Buffer.alloc(2 ** 20))), 'holds more'],
  ['gzip within gzip', gzipSync(zipped), 'not an IDX file'],
];

export const idx8: Format = {
  file: 'images-idx3-ubyte',
  read: readIdx,
  valid: [good, idx([6], 6), idx([1, 2, 3, 4], 24)],
  malformed: plain,
};

export const idxGzip: Format = {
  file: 'images-idx3-ubyte.gz',
  read: readIdx,
  valid: [zipped, gzipSync(idx([40, 40], 1600)), join(gzipSync(good.subarray(0, 7)), gzipSync(good.subarray(7)))],
  within: { sound: good, wrap: (inner) => gzipSync(inner) },
  malformed: [
    ...headers.map(([what, bytes, says]): Malformed => {
      const isTooLong = what.includes('too many') || what.includes('twice');
      return [`gzip of ${what}`, gzipSync(bytes), isTooLong ? 'holds more' : says];
    }),
    ...damaged,
  ],
};
