import type { Random } from '../../lib/random.js';

/** Numbers that lengths and counts break at. */
const EXTREMES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const DIGITS = ['0', '-1', '1e999', '9'.repeat(30), '4294967296', '9007199254740993', '2.5', 'NaN', ''];

type Mutation = (bytes: Buffer, random: Random, others: readonly Uint8Array[]) => Buffer;

/** Each changes bytes in one place. */
const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const bit = random.below(8 * bytes.length);
    bytes[bit >> 3] ^= 1 << (bit & 7);
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, random.below(bytes.length));
  },
  function cutOut(bytes, random) {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(16))]);
  },
  function repeat(bytes, random) {
    const at = random.below(bytes.length);
    const piece = bytes.subarray(at, at + 1 + random.below(64));
    return Buffer.concat([
      bytes.subarray(0, at),
      ...Array<Buffer>(1 + random.below(8)).fill(piece),
      bytes.subarray(at),
    ]);
  },
  function splice(bytes, random, others) {
    const other = others[random.below(others.length)];
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length + 1)),
    ]);
  },
  function setField(bytes, random) {
    const width = [1, 2, 4, 8][random.below(4)];
    if (bytes.length < width) return bytes;
    const value = EXTREMES[random.below(EXTREMES.length)] & (2n ** BigInt(8 * width) - 1n);
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(value);
    const narrow = field.subarray(0, width);
    (random.below(2) ? narrow : narrow.reverse()).copy(bytes, random.below(bytes.length - width + 1));
    return bytes;
  },
  function setNumber(bytes, random) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { 0: digits, index } = numbers[random.below(numbers.length)];
    const other = DIGITS[random.below(DIGITS.length)];
    return Buffer.from(text.slice(0, index) + other + text.slice(index + digits.length), 'latin1');
  },
];

/** One to four changes of a copy; `others` are files of the format to take pieces from. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let i = random.below(4); i >= 0 && mutated.length > 0; i--) {
    mutated = MUTATIONS[random.below(MUTATIONS.length)](mutated, random, others) as typeof mutated;
  }
  return mutated;
}
