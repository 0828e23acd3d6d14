/**
 * What a caller gives, read once and at the door. A getter, a Proxy or a caller that goes on writing may answer differently
 * each time; what has been copied here cannot. What reading it throws becomes an ArgumentError with that as its cause.
 */

import { types } from 'node:util';
import { ArgumentError, EqpropError, isError } from './errors.js';

/** Arrays, objects and objects within them: more than any options have. */
const DEEPEST = 12;
const MOST_OBJECTS = 10_000;
/** Elements of a list, such as labels. */
const LONGEST_LIST = 2 ** 24;
/** Keys of an object, such as rates by parameter; elements of a list of objects. */
const MOST_KEYS = 2 ** 16;

const made = new WeakSet<object>();

/** Notes that an object is the package's own and whole: what only looks like it, such as a Proxy, is not. */
export function markMade<T extends object>(object: T): T {
  made.add(object);
  return object;
}

/** Whether the package has made it. */
export function isMade(value: unknown): boolean {
  return typeof value === 'object' && value !== null && made.has(value);
}

/**
 * A copy of plain objects and arrays, however deep, of their own enumerable values; holes of arrays are undefined. Typed
 * arrays become views of the same memory with nothing added to them. Everything else is passed on as it is: functions, the
 * package's own objects, signals. Throws an ArgumentError for what cannot be read, or has no end.
 */
export function own(name: string, value: unknown): unknown {
  return reading(name, () => copied(name, value, { left: MOST_OBJECTS }, 0));
}

/** The own enumerable values of an object of whatever class, each an own copy; none of what is no object. Throws an
 * ArgumentError for what cannot be read. */
export function ownObject(name: string, value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return reading(name, () => own(name, isObject ? { ...value } : {}) as Record<string, unknown>);
}

/** The values of an object by those keys that it has, its own or inherited from a class, each an own copy; none of what is no
 * object. Throws an ArgumentError for what cannot be read. */
export function ownFields(name: string, value: unknown, keys: readonly PropertyKey[]): Record<string, unknown> {
  return reading(name, () => {
    const fields: Record<PropertyKey, unknown> = Object.create(null);
    if (typeof value !== 'object' || value === null) return fields;
    for (const key of keys) {
      if (key in value && (Object.hasOwn(value, key) || !(key in Object.prototype))) {
        fields[key] = own(`${name} ${String(key)}`, Reflect.get(value, key, value));
      }
    }
    return fields;
  });
}

/** The elements of an array as they are: no copies. undefined for what is no array. Throws an ArgumentError for one that
 * cannot be read, or is too long. */
export function ownList(name: string, value: unknown): unknown[] | undefined {
  return reading(name, () => {
    if (!Array.isArray(value)) return undefined;
    const { length } = value;
    if (!(length <= MOST_KEYS)) throw tooLarge(name);
    return Array.from({ length }, (_, i) => value[i]);
  });
}

/** The own enumerable keys of an object. Throws an ArgumentError if they cannot be read. */
export function ownKeys(name: string, value: object): string[] {
  return reading(name, () => Object.keys(value));
}

/** What reading gives; what it throws, as an ArgumentError. */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isError(cause, EqpropError)) throw cause;
    throw new ArgumentError(`${name} must be readable, but reading it threw: ${reasonOf(cause)}`, 'ERR_ARGUMENT', {
      cause,
    });
  }
}

/** What something that was thrown says, on one line. */
export function reasonOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return String(text)
      .replace(/\s*\n\s*/g, ' ')
      .slice(0, 200);
  } catch {
    return 'something that cannot be shown';
  }
}

function copied(name: string, value: unknown, budget: { left: number }, depth: number): unknown {
  if (typeof value !== 'object' || value === null || made.has(value)) return value;
  if (types.isTypedArray(value)) return plainView(value);
  if (Array.isArray(value)) return copiedList(name, value, budget, depth);
  if (!isPlain(value)) return value;
  enter(name, budget, depth);
  const keys = Object.keys(value);
  if (keys.length > MOST_KEYS) throw tooLarge(name);
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of keys) copy[key] = copied(name, (value as Record<string, unknown>)[key], budget, depth + 1);
  return copy;
}

function copiedList(name: string, list: readonly unknown[], budget: { left: number }, depth: number): unknown[] {
  enter(name, budget, depth);
  const { length } = list;
  if (!(length <= LONGEST_LIST)) throw tooLarge(name);
  const copy: unknown[] = [];
  for (let i = 0; i < length; i++) copy.push(copied(name, list[i], budget, depth + 1));
  return copy;
}

/** Objects of the caller's own classes, maps and the like are not looked into. */
function isPlain(value: object): boolean {
  if (types.isProxy(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function enter(name: string, budget: { left: number }, depth: number): void {
  if (depth > DEEPEST || budget.left-- <= 0) throw tooLarge(name);
}

function tooLarge(name: string): ArgumentError {
  return new ArgumentError(`${name} must be smaller: it is nested too deeply, or in itself, or has too many elements`);
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const getter = (key: string) => Object.getOwnPropertyDescriptor(typedArray, key)?.get as () => never;
const [bufferOf, offsetOf, lengthOf, kindOf] = ['buffer', 'byteOffset', 'length', Symbol.toStringTag as never].map(
  getter,
);

const KINDS: Readonly<Record<string, new (buffer: ArrayBuffer, offset: number, length: number) => object>> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

/** What an array could have of its own that says other than the language does of it. */
const SPOOFED = ['length', 'buffer', 'byteOffset', 'byteLength', 'constructor', 'subarray', 'slice', Symbol.iterator];

/** The array itself, or a view of the same memory without what a subclass or the array says of its length. One that is
 * detached or empty is passed on: others complain. */
function plainView(array: NodeJS.TypedArray): object {
  const Kind = KINDS[kindOf.call(array)];
  const isOrdinary =
    Object.getPrototypeOf(array) === Kind?.prototype && !SPOOFED.some((key) => Object.hasOwn(array, key));
  const length: number = lengthOf.call(array);
  if (!Kind || isOrdinary || length === 0) return array;
  return new Kind(bufferOf.call(array), offsetOf.call(array), length);
}
