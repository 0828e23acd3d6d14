/** Whether a function is the derivative of another, by differences. */

import { EqpropError, isError } from '../errors.js';
import type { Random } from '../random.js';
import { compareArrays } from './compare.js';

/** Numbers that depend on `values`, and the derivative of their weighted sum. Both functions must add to their argument. */
export interface Slope {
  /** Written to, and put back. */
  readonly values: Float64Array;
  /** How many numbers there are. */
  readonly size: number;
  addValue(sums: Float64Array): void;
  /** What each number is multiplied by, so that none can stand for another. */
  readonly weights: ArrayLike<number>;
  /** For a derivative by example: what each example's is to be multiplied by before it is that of the sum. */
  readonly rowWeights?: ArrayLike<number>;
  /** gradient += the derivative of Σ weight · number, up to row weights; of Σ number where it can be told so and is not `scaled`. */
  addGradient(gradient: Float64Array, scaled: boolean): void;
  /** Whether it can be told so. */
  readonly hasScale: boolean;
}

/** What is found of a slope. */
export interface Mistake {
  /** ‖derivative − difference‖ / ‖difference‖, along a few random directions. */
  readonly relativeError: number;
  /** How the function breaks its contract, where that is why: it overwrites what it must add to, or does not heed its scale. */
  readonly mistake?: 'overwrites' | 'ignoresScale';
}

const DIRECTIONS = 4;
/** The second is for what bends sharply; of what is smooth both leave 1e-9 or less. */
const STEPS = [1e-5, 1e-6];
/** A derivative agrees with differences up to this, relatively. */
export const AGREES = 1e-3;
/** Of a sum: what of it is rounding. */
const ROUNDING = 1e-14;
/** What the arguments hold before they are added to. */
const BEFORE = 0.5;

/** Undefined where there is nothing to say at these values: a function refuses them, or what it adds is not finite. */
export function mistakeOf(slope: Slope, random: Random): Mistake | undefined {
  const here = slope.values.slice();
  try {
    const gradient = gradientOf(slope, true, BEFORE);
    const weighted = inRows(gradient, slope.rowWeights);
    const directions = Array.from({ length: DIRECTIONS }, () => Float64Array.from(here, () => random.normal()));
    const slopes = Float64Array.from(directions, (direction) => dot(weighted, direction));
    const errors = STEPS.map((step) => errorAt(slope, here, directions, slopes, step));
    slope.values.set(here);
    const relativeError = Math.min(...errors);
    if (Number.isNaN(relativeError)) return undefined;
    if (overwrites(slope)) return { relativeError: 1, mistake: 'overwrites' };
    if (relativeError < AGREES) return { relativeError };
    const adds = gradient.some((g) => Math.abs(g) > 1e-6);
    const ignores = slope.hasScale && adds && isSame(gradient, gradientOf(slope, false, BEFORE));
    return { relativeError, ...(ignores && { mistake: 'ignoresScale' }) };
  } catch (error) {
    if (isError(error, EqpropError)) return undefined;
    throw error;
  } finally {
    slope.values.set(here);
  }
}

/** NaN where a difference is not finite. */
function errorAt(
  slope: Slope,
  here: Float64Array,
  directions: readonly Float64Array[],
  slopes: Float64Array,
  step: number,
): number {
  let rounding = 0;
  const differences = Float64Array.from(directions, (direction) => {
    const [above, below] = [step, -step].map((move) => {
      for (let k = 0; k < here.length; k++) slope.values[k] = here[k] + move * direction[k];
      return sumOf(slope);
    });
    rounding = Math.max(rounding, (ROUNDING * (Math.abs(above) + Math.abs(below))) / step);
    return (above - below) / (2 * step);
  });
  if (differences.some((difference) => !Number.isFinite(difference))) return Number.NaN;
  if (slopes.every((s, d) => Math.abs(s - differences[d]) <= rounding)) return 0;
  return compareArrays(slopes, differences).relativeError;
}

function sumOf({ size, weights, addValue }: Slope): number {
  const sums = new Float64Array(size);
  addValue(sums);
  return sums.reduce((sum, x, e) => sum + weights[e] * x, 0);
}

function gradientOf({ values, addGradient }: Slope, scaled: boolean, before: number): Float64Array {
  const gradient = new Float64Array(values.length).fill(before);
  addGradient(gradient, scaled);
  return gradient.map((g) => g - before);
}

/** Each example's part multiplied by its weight. */
function inRows(gradient: Float64Array, weights: ArrayLike<number> | undefined): Float64Array {
  if (!weights) return gradient;
  const size = gradient.length / weights.length;
  return gradient.map((g, k) => weights[Math.floor(k / size)] * g);
}

/** Whether one of the functions, called twice, does not add twice as much. */
function overwrites(slope: Slope): boolean {
  const once = new Float64Array(slope.size);
  slope.addValue(once);
  const twice = once.slice();
  slope.addValue(twice);
  const isDoubled = isSame(
    twice,
    once.map((x) => 2 * x),
  );
  return !isDoubled || !isSame(gradientOf(slope, true, 0), gradientOf(slope, true, BEFORE));
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a.every((x, k) => x === b[k] || Math.abs(x - b[k]) <= 1e-9 * (1 + Math.abs(x)));
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, k) => sum + x * b[k], 0);
