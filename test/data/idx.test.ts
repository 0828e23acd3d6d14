import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { readIdx } from '../../lib/data/idx.js';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';

/** An IDX file of bytes whose header announces `shape`. */
function idx(shape: readonly number[], numbers: Uint8Array, type = 8): Buffer {
  const header = Buffer.from([0, 0, type, shape.length, ...shape.flatMap(() => [0, 0, 0, 0])]);
  shape.forEach((side, i) => {
    header.writeUInt32BE(side, 4 + 4 * i);
  });
  return Buffer.concat([header, numbers]);
}

const numbers = Uint8Array.of(1, 2, 3, 250, 251, 252);
const good = idx([2, 3], numbers);

describe('readIdx', () => {
  const at = temporaryFolder();

  function file(content: Uint8Array): string {
    const path = at('some-idx-file');
    writeFileSync(path, content);
    return path;
  }

  it('reads bytes and their shape', async () => {
    const { shape, data } = await readIdx(file(good));
    expect(shape).to.deep.equal([2, 3]);
    expect(data).to.deep.equal(numbers);
    expect(data.buffer.byteLength).to.equal(6);
  });

  it('knows gzip by its content', async () => {
    expect(await readIdx(file(gzipSync(good)))).to.deep.equal({ shape: [2, 3], data: numbers });
  });

  it('reads gzip files of several members', async () => {
    const parts = Buffer.concat([
      gzipSync(good.subarray(0, 3)),
      gzipSync(good.subarray(3, 14)),
      gzipSync(good.subarray(14)),
    ]);
    expect(await readIdx(file(parts))).to.deep.equal({ shape: [2, 3], data: numbers });
  });

  it('reads one to four dimensions', async () => {
    for (const shape of [[6], [3, 2], [1, 2, 3], [1, 6, 1, 1]]) {
      expect((await readIdx(file(idx(shape, numbers)))).shape).to.deep.equal(shape);
      expect((await readIdx(file(gzipSync(idx(shape, numbers))))).shape).to.deep.equal(shape);
    }
  });

  it('reads more than one chunk of gzip', async () => {
    const many = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);
    expect((await readIdx(file(gzipSync(idx([1000, 300], many))))).data).to.deep.equal(many);
  });

  const malformed: [string, Uint8Array, string[]][] = [
    ['an empty file', new Uint8Array(0), ['is empty']],
    ['a file that ends in its magic', good.subarray(0, 3), ['ends after 3 bytes']],
    ['a file that ends in its dimensions', good.subarray(0, 11), ['ends after 11 bytes']],
    ['a file without numbers', good.subarray(0, 12), ['2 × 3 = 6', 'holds 0']],
    ['a truncated file', good.subarray(0, 17), ['2 × 3 = 6', 'holds 5']],
    ['a file that is too long', Buffer.concat([good, numbers]), ['2 × 3 = 6', 'holds 12']],
    ['a foreign file', Buffer.from('PK\x03\x04 and more of an archive'), ['not an IDX file', '50 4b 03 04']],
    ['a file of one foreign byte', Buffer.from('x'), ['not an IDX file', '78']],
    ['an unknown type', idx([6], numbers, 7), ['not an IDX file', '00 00 07 01']],
    ['signed bytes', idx([6], numbers, 9), ['signed bytes']],
    ['16-bit integers', idx([3], numbers, 0x0b), ['16-bit integers']],
    ['32-bit integers', idx([1], numbers, 0x0c), ['32-bit integers']],
    ['floats', idx([1], numbers, 0x0d), ['32-bit floats']],
    ['doubles', idx([1], numbers, 0x0e), ['64-bit floats']],
    ['no dimensions', idx([], numbers), ['dimensions', 'has 0']],
    ['five dimensions', idx([1, 1, 1, 1, 6], numbers), ['dimensions', 'has 5']],
    ['a dimension of 0', idx([0, 3], new Uint8Array(0)), ['0 × 3']],
    ['more than 2 GiB', idx([65536, 32769], numbers), ['65536 × 32769']],
    ['a product above 2^64', idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], numbers), ['4294967295 × 4294967295']],
  ];
  for (const [what, content, parts] of malformed) {
    it(`refuses ${what}`, async () => {
      const path = file(content);
      await expectError(() => readIdx(path), DataError, 'ERR_DATA', `'${path}'`, ...parts);
    });
    it(`refuses ${what} within gzip`, async () => {
      const path = file(gzipSync(content));
      const found = what.includes('too long') ? [...parts.slice(0, 1), 'holds more'] : parts;
      await expectError(() => readIdx(path), DataError, 'ERR_DATA', `'${path}'`, ...found);
    });
  }

  const compressed = gzipSync(good);
  const flipped = Uint8Array.from(compressed, (byte, i) => (i === compressed.length - 7 ? byte ^ 1 : byte));
  const damaged: [string, Uint8Array][] = [
    ['only the magic', compressed.subarray(0, 2)],
    ['the end missing', compressed.subarray(0, compressed.length - 9)],
    ['a wrong checksum', flipped],
    ['an unknown method', Uint8Array.from(compressed, (byte, i) => (i === 2 ? 99 : byte))],
  ];
  for (const [what, content] of damaged) {
    it(`refuses gzip with ${what}`, async () => {
      const path = file(content);
      await expectError(() => readIdx(path), DataError, 'ERR_DATA', `'${path}'`, 'damaged gzip');
    });
  }

  it('refuses a gzip bomb without inflating it', async () => {
    const member = gzipSync(Buffer.alloc(1 << 24));
    const bomb = Buffer.concat([gzipSync(good), ...Array.from({ length: 256 }, () => member)]); // 4 GiB
    const path = file(bomb);
    expect(bomb.length).to.be.below(1 << 23);
    const before = process.memoryUsage().arrayBuffers;
    await expectError(() => readIdx(path), DataError, 'ERR_DATA', path, '2 × 3 = 6', 'holds more');
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1 << 24);
  });

  it('takes no memory for what a small gzip file announces', async () => {
    const path = file(gzipSync(idx([2 ** 31], numbers)));
    const before = process.memoryUsage().arrayBuffers;
    await expectError(() => readIdx(path), DataError, 'ERR_DATA', path, '2147483648', 'at most');
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1 << 24);
  });

  it('refuses what is missing or no file', async () => {
    await expectError(() => readIdx(at('missing')), DataError, 'ERR_FILE', at('missing'), 'ENOENT');
    await expectError(() => readIdx(at('.')), DataError, 'ERR_FILE', at('.'), 'a folder');
    await expectError(() => readIdx('a\0b'), DataError, 'ERR_FILE', 'a\0b');
    await expectError(() => readIdx(''), ArgumentError, 'ERR_ARGUMENT', 'path');
    await expectError(() => readIdx(5 as unknown as string), ArgumentError, 'ERR_ARGUMENT', 'path', '5');
  });
});
