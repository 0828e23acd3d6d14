/** Numbers in the native engine's precision. */

import type { Floats } from '../../check.js';
import { ArgumentError } from '../../errors.js';

/** A number that stays finite, and apart from 0, in float32. @throws ArgumentError for another */
export function fitting(name: string, value: number): number {
  const narrow = Math.fround(value);
  if (Number.isFinite(narrow) && (narrow !== 0 || value === 0)) return value;
  throw new ArgumentError(`${name} must fit into float32 on the native engine, but ${value} was given`);
}

/** The same numbers in float32. @throws ArgumentError if one is not finite there */
export function toFloat32(name: string, values: Floats): Float32Array {
  if (values instanceof Float32Array) return values;
  const narrow = Float32Array.from(values);
  const i = narrow.findIndex((x) => !Number.isFinite(x));
  if (i >= 0) {
    throw new ArgumentError(
      `${name} must fit into float32 on the native engine, but ${values[i]} stands at index ${i}`,
    );
  }
  return narrow;
}
