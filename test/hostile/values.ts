import fc from 'fast-check';
import { Dataset } from '../../lib/data/dataset.js';
import { Energy } from '../../lib/energy/energy.js';
import { dense, Layer, Model } from '../../lib/index.js';
import { SIGNALS } from './signals.js';
import { unaskable } from './unaskable.js';

/** What hostile getters, traps and functions throw: no error of the package's, and none of JavaScript's own. */
export class Hostility extends Error {
  override readonly name = 'Hostility';
}

/** A function, getter or trap that throws. */
export const attack = (): never => {
  throw new Hostility('from a hostile value');
};

/** The same with what must not be asked what it is. */
const throwing = (kind: 'proxy' | 'heir') => (): never => {
  throw unaskable('thrown', kind);
};

/** A Proxy each of whose traps throws. */
const trapped = (target: object) =>
  new Proxy(target, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, attack])));

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function detached(): Float32Array {
  const array = new Float32Array(4);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

type Resizable = ArrayBuffer & { resize(length: number): void };
const resizable = (bytes: number) =>
  new (ArrayBuffer as unknown as new (bytes: number, options: object) => Resizable)(bytes, { maxByteLength: 4096 });

function shrunk(): Float32Array {
  const buffer = resizable(64);
  const array = new Float32Array(buffer, 32);
  buffer.resize(8);
  return array;
}

/** Shrinks its own buffer when its length is asked for. */
function shrinking(): Float32Array {
  const buffer = resizable(64);
  const array = new Float32Array(buffer);
  return Object.defineProperty(array, 'length', {
    get() {
      buffer.resize(0);
      return 16;
    },
  });
}

class LyingArray extends Float32Array {
  override get length(): number {
    return 2 ** 30;
  }
  override subarray(): never {
    return attack();
  }
}

class ThrowingArray extends Float64Array {
  override get length(): number {
    return attack();
  }
}

function cyclic(): object {
  const object: Record<string, unknown> = { name: 'x' };
  object.self = object;
  object.list = [object, object, object];
  return object;
}

/** An object whose value of each key changes from one reading to the next. */
const fickle = () => {
  let asked = 0;
  return new Proxy({}, { get: () => [1, 'x', undefined, attack, Number.NaN, {}][asked++ % 6], has: () => true });
};

/** Every way to make a primitive, a JSON or a promise of it throws. */
const conversions = () =>
  Object.fromEntries(['toString', 'valueOf', 'toJSON', 'then', Symbol.toPrimitive].map((key) => [key, attack]));

/** Each makes a value anew, as an attack may use one up. */
const MAKERS: readonly (() => unknown)[] = [
  ...[undefined, null, true, false, '', 'x', '__proto__', 'constructor', 'toString', 'a\0b', '\ud800'].map(
    (x) => () => x,
  ),
  ...[0, -0, 1, -1, 2, 0.5, 7, Number.NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324].map((x) => () => x),
  ...[2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53)].map((x) => () => x),
  ...[0n, 2n ** 64n, Symbol('x'), Symbol.iterator].map((x) => () => x),
  () => 'x'.repeat(2 ** 20),
  () => attack,
  () => () => undefined,
  () => async () => attack(),
  () => throwing('proxy'),
  () => throwing('heir'),
  () => async () => throwing('proxy')(),
  () => class Anything {},
  () => ({}),
  () => Object.create(null),
  () => Object.freeze({ beta: 1 }),
  () => [],
  () => [undefined],
  () => [Number.NaN, 'x', {}],
  () => new Array(2 ** 32 - 1),
  () => Object.assign(new Array(4), { 1: 1, 3: 2 }),
  () => Object.assign([1, 2], { length: 2 ** 31 }),
  () => ({ length: 2 ** 53 - 1, 0: 1 }),
  () => ({ length: -1 }),
  () => conversions(),
  () => Object.defineProperty({}, 'name', { get: attack, enumerable: true }),
  () => Object.defineProperty({}, 'name', { get: throwing('proxy'), enumerable: true }),
  () => Object.defineProperty({}, 'name', { get: throwing('heir'), enumerable: true }),
  () => Object.defineProperty([1, 2], '0', { get: attack }),
  () => JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'),
  () => ({ ['__proto__']: { polluted: 1 }, prototype: { polluted: 1 } }),
  () => cyclic(),
  () => fickle(),
  () => trapped({}),
  () => trapped([]),
  () => trapped(() => 1),
  () => revoked({}),
  () => revoked([]),
  () => new Proxy([1, 2, 3], {}),
  () => new Proxy(new Float32Array(4), {}),
  () => new Proxy(new Layer([2]), {}),
  () => new Proxy(new AbortController().signal, {}),
  () => new Float32Array(0),
  () => new Float32Array(4),
  () => Float32Array.of(Number.NaN, Infinity),
  () => new Float64Array(2).fill(1e308),
  () => new Uint8Array(4),
  () => new Uint8Array(4).fill(255),
  () => Buffer.from('hostile'),
  () => new BigInt64Array(2),
  () => new DataView(new ArrayBuffer(8)),
  () => new ArrayBuffer(8),
  () => new Float32Array(new SharedArrayBuffer(16)),
  () => detached(),
  () => shrunk(),
  () => shrinking(),
  () => new LyingArray(4),
  () => new ThrowingArray(4),
  () => Object.create(Float32Array.prototype),
  () => Object.create(Layer.prototype),
  () => Object.create(Energy.prototype),
  () => Object.create(Dataset.prototype),
  () => Object.create(Model.prototype),
  () => Object.create(Object.getPrototypeOf(dense(new Layer([1]), new Layer([1])))),
  () => Object.create(AbortSignal.prototype),
  () => AbortSignal.abort(),
  () => new Date(Number.NaN),
  () => /x/g,
  () => new Map([['x', 1]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => new URL('file:///dev/zero'),
  () => new Error('x'),
  () => globalThis,
];

/** How to make a hostile value. */
export type Maker = () => unknown;

const makers: fc.Arbitrary<Maker> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...MAKERS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...SIGNALS.map(
        ({ make }) =>
          () =>
            make(attack),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true, maxDepth: 2 })
      .map((value) => () => value),
  },
);

/** One attack: what takes the place of an argument, of a part of one, of all of them, or of `this`. */
export interface Attack {
  readonly where: 'argument' | 'part' | 'all' | 'this';
  /** Which argument and which part, modulo how many there are. */
  readonly index: number;
  readonly depth: number;
  readonly makers: readonly Maker[];
}

export const attacks: fc.Arbitrary<Attack> = fc.record({
  where: fc.constantFrom('argument', 'part', 'part', 'part', 'all', 'this'),
  index: fc.nat(1000),
  depth: fc.nat(3),
  makers: fc.array(makers, { minLength: 4, maxLength: 4 }),
});
