/** Checks of arguments. Each throws one sentence that names the argument, what was given and what is wanted. */

import { isFloat32Array, isFloat64Array, isProxy } from 'node:util/types';
import { isSignal } from './abort.js';
import { ArgumentError } from './errors.js';
import { isMade, own, ownFields, ownKeys, reading } from './own.js';
import { printable } from './printable.js';

/** Any array of floating-point numbers that the package takes. */
export type Floats = Float32Array | Float64Array;

/** Options when they have been checked: what was left out has its default. */
export type Checked<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** What was given, short enough for a sentence. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `'${printable(value, 60)}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value !== 'object') return String(value);
  if (isProxy(value)) return 'a Proxy';
  try {
    return describeObject(value);
  } catch {
    return 'an object that cannot be read';
  }
}

function describeObject(value: object): string {
  if (ArrayBuffer.isView(value)) {
    const { length } = value as unknown as { length?: number };
    return `a ${value.constructor?.name ?? 'view'}${length === undefined ? '' : ` of length ${length}`}`;
  }
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `an object of class ${name}` : 'an object';
}

function wrong(name: string, wanted: string, given: unknown): ArgumentError {
  return new ArgumentError(`${name} must be ${wanted}, but ${describe(given)} was given`);
}

/** A finite number within [low, high]. */
export function checkNumber(name: string, value: unknown, low = -Infinity, high = Infinity): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= low && value <= high) return value;
  const bounds =
    low === -Infinity && high === Infinity
      ? ''
      : high === Infinity
        ? ` of at least ${low}`
        : low === -Infinity
          ? ` of at most ${high}`
          : ` from ${low} to ${high}`;
  throw wrong(name, `a finite number${bounds}`, value);
}

/** A finite number above 0. */
export function checkPositive(name: string, value: unknown, wanted = 'a finite number above 0'): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw wrong(name, wanted, value);
}

/** A whole number within [low, high]. */
export function checkInteger(name: string, value: unknown, low: number, high = 2 ** 31 - 1): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  throw wrong(
    name,
    high === 2 ** 31 - 1 ? `a whole number of at least ${low}` : `a whole number from ${low} to ${high}`,
    value,
  );
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'true or false', value);
}

export function checkString(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(name, 'a string that is not empty', value);
}

export function checkFunction<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw wrong(name, 'a function', value);
}

/** A copy of an array. */
export function checkArray(name: string, value: unknown): readonly unknown[] {
  const list = own(name, value);
  if (Array.isArray(list)) return list;
  throw wrong(name, 'an array', value);
}

/** One of a few names. */
export function checkChoice<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw new ArgumentError(`${name} must be one of ${choices.join(', ')}, but ${describe(value)} was given`, 'ERR_NAME');
}

/** A copy of an object of options, none of which is unknown: see own.ts. What stands at a key of `untouched` is no
 * copy; `kind` is what its keys are. */
export function checkOptions<T>(
  name: string,
  value: T,
  known: readonly string[],
  untouched: readonly string[] = [],
  kind = 'option',
): unknown extends T ? Record<string, unknown> : T {
  if (typeof value !== 'object' || value === null || isList(name, value)) throw wrong(name, 'an object', value);
  const keys = ownKeys(name, value);
  for (const key of keys) {
    if (known.includes(key) || untouched.includes(key)) continue;
    throw new ArgumentError(
      `${name} has no ${kind} ${describe(key)}; it takes ${known.length ? known.join(', ') : 'none'}`,
      'ERR_NAME',
    );
  }
  const fields = ownFields(
    name,
    value,
    [...new Set([...keys, ...known])].filter((key) => !untouched.includes(key)),
  );
  for (const key of untouched) fields[key] = reading(name, () => Reflect.get(value, key, value));
  return fields as unknown extends T ? Record<string, unknown> : T;
}

function isList(name: string, value: object): boolean {
  return ArrayBuffer.isView(value) || reading(name, () => Array.isArray(value));
}

/** An instance of a class of the package, made by its constructor. */
export function checkInstance<T>(
  name: string,
  value: unknown,
  type: abstract new (...args: never[]) => T,
  wanted: string,
): T {
  if (isMade(value) && value instanceof type) return value;
  throw wrong(name, wanted, value);
}

/** A shape: one or more whole numbers from 1. */
export function checkShape(name: string, value: unknown): readonly number[] {
  const shape = checkArray(name, value);
  if (shape.length === 0) throw wrong(name, 'an array of one or more whole numbers from 1', value);
  return Object.freeze(shape.map((side, i) => checkInteger(`${name}[${i}]`, side, 1)));
}

/** A Float32Array or Float64Array that is still attached and whose values are all finite, of that length if one is
 * given; `shape` puts the length into words. */
export function checkFloats(name: string, given: unknown, length?: number, shape = ''): Floats {
  const value = own(name, given);
  if (!isFloat32Array(value) && !isFloat64Array(value)) {
    throw wrong(name, 'a Float32Array or a Float64Array', given);
  }
  checkAttached(name, value);
  if (length !== undefined && value.length !== length) {
    throw new ArgumentError(
      `${name} must hold ${length} numbers${shape && ` (${shape})`}, but ${describe(value)} was given`,
      'ERR_SHAPE',
    );
  }
  checkFinite(name, value);
  return value;
}

/** Refuses a typed array whose buffer was transferred away, or shrunk below it. */
export function checkAttached(name: string, value: ArrayBufferView): void {
  try {
    keysOf.call(value);
  } catch {
    throw new ArgumentError(
      `${name} must be an attached array, but its buffer was detached (transferred away) or shrunk`,
    );
  }
}

/** Like all methods of typed arrays it looks first whether the memory is there. */
const keysOf: () => unknown = Object.getPrototypeOf(Uint8Array.prototype).keys;

export function checkFinite(name: string, values: Floats): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new ArgumentError(`${name} must hold finite numbers, but ${values[i]} stands at index ${i}`);
    }
  }
}

export function checkNotNegative(name: string, values: Floats): void {
  const wrong = values.findIndex((value) => value < 0);
  if (wrong >= 0) {
    throw new ArgumentError(`${name} must hold numbers of at least 0, but ${values[wrong]} stands at index ${wrong}`);
  }
}

/** A signal, to be followed (see abort.ts) and asked nothing. */
export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value === undefined || isSignal(value)) return value;
  throw wrong(name, 'an AbortSignal', value);
}

/** The product of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
