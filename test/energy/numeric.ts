/** Derivatives by differences, which those in closed form are held against. */

import { expect } from 'chai';
import type { ComplexArray, Interaction } from '../../lib/index.js';
import type { Random } from '../../lib/random.js';

/** Numbers of U(low, high). */
export function draw(random: Random, count: number, low = -1, high = 1): Float64Array {
  return Float64Array.from({ length: count }, () => low + (high - low) * random.uniform());
}

/** The derivative of `value` by array[k]: central differences of fourth order. */
export function slope(array: Float64Array, k: number, value: () => number, h = 1e-4): number {
  const kept = array[k];
  const at = (shift: number) => {
    array[k] = kept + shift;
    return value();
  };
  const difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  array[k] = kept;
  return difference;
}

/** Expects |a − b| ≤ 1e-8 + 1e-6 |b|. */
export function expectClose(a: number, b: number, what = ''): void {
  expect(a, what).to.be.closeTo(b, 1e-8 + 1e-6 * Math.abs(b));
}

/** Expects that `gradient`, which adds to its argument, adds the derivatives of `value` by the numbers of `array`. */
export function expectGradient(
  array: Float64Array,
  value: () => number,
  gradient: (into: Float64Array) => void,
  what: string,
): void {
  const into = new Float64Array(array.length).fill(0.5);
  gradient(into);
  for (let k = 0; k < array.length; k++) expectClose(into[k] - 0.5, slope(array, k, value), `${what} [${k}]`);
}

/**
 * Expects that `gradient`, of the complex numbers z, is analytic: that its derivative along the imaginary direction is
 * i times that along the real one (Cauchy and Riemann), by each number of z.
 */
export function expectAnalytic(z: ComplexArray, gradient: () => ComplexArray, what: string): void {
  const h = 1e-5;
  const derivative = (part: Float64Array, k: number): ComplexArray => {
    const kept = part[k];
    part[k] = kept + h;
    const above = gradient();
    part[k] = kept - h;
    const below = gradient();
    part[k] = kept;
    const difference = (a: Float64Array, b: Float64Array) => a.map((x, i) => (x - b[i]) / (2 * h));
    return { re: difference(above.re, below.re), im: difference(above.im, below.im) };
  };
  for (let k = 0; k < z.re.length; k++) {
    const [real, imaginary] = [derivative(z.re, k), derivative(z.im, k)];
    real.re.forEach((_, i) => {
      expect(imaginary.re[i], `${what} [${k}]`).to.be.closeTo(-real.im[i], 1e-6 * (1 + Math.abs(real.im[i])));
      expect(imaginary.im[i], `${what} [${k}]`).to.be.closeTo(real.re[i], 1e-6 * (1 + Math.abs(real.re[i])));
    });
  }
}

/** The matrix of second derivatives, row-major, from a function that gives the first ones of `array`. */
export function secondDerivatives(array: Float64Array, first: () => Float64Array): Float64Array {
  const n = array.length;
  const second = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) second[i * n + j] = slope(array, i, () => first()[j]);
  }
  return second;
}

/** vᵀ M v */
export function quadraticForm(matrix: Float64Array, v: Float64Array): number {
  const n = v.length;
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += v[i] * matrix[i * n + j] * v[j];
  return sum;
}

/** The third difference of a function of one number, 0 for polynomials of degree two. */
export function thirdDifference(value: (x: number) => number): number {
  return value(1.5) - 3 * value(0.5) + 3 * value(-0.5) - value(-1.5);
}

/** ∂E/∂s of an interaction of one layer and no parameters. */
export function stateGradientOfOne(interaction: Interaction, s: Float64Array): Float64Array {
  const gradient = new Float64Array(s.length);
  interaction.stateGradient(0, [s], [], 1, gradient);
  return gradient;
}
