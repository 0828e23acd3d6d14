/** Softmax and its logarithm, safe for numbers of any size. */

import type { ComplexArray } from './complex.js';

/** ln Σ_j exp x[j] over `width` numbers from `at` on. */
export function logSumExp(x: Float64Array, at: number, width: number): number {
  const most = highest(x, at, width);
  let sum = 0;
  for (let j = at; j < at + width; j++) sum += Math.exp(x[j] - most);
  return most + Math.log(sum);
}

/** Replaces each row of x, [rows, width], by its softmax. */
export function softmax(x: Float64Array, width: number): void {
  for (let at = 0; at < x.length; at += width) {
    const most = highest(x, at, width);
    let sum = 0;
    for (let j = at; j < at + width; j++) {
      x[j] = Math.exp(x[j] - most);
      sum += x[j];
    }
    for (let j = at; j < at + width; j++) x[j] /= sum;
  }
}

/** Replaces each row of x, [rows, width], by exp x_j / Σ exp x_j: the analytic softmax, without any conjugation. */
export function complexSoftmax({ re, im }: ComplexArray, width: number): void {
  for (let at = 0; at < re.length; at += width) {
    const most = highest(re, at, width);
    let [a, b] = [0, 0];
    for (let j = at; j < at + width; j++) {
      const size = Math.exp(re[j] - most);
      re[j] = size * Math.cos(im[j]);
      im[j] = size * Math.sin(im[j]);
      a += re[j];
      b += im[j];
    }
    const norm = a * a + b * b;
    for (let j = at; j < at + width; j++) {
      const [c, d] = [re[j], im[j]];
      re[j] = (c * a + d * b) / norm;
      im[j] = (d * a - c * b) / norm;
    }
  }
}

function highest(x: Float64Array, at: number, width: number): number {
  let most = x[at];
  for (let j = at + 1; j < at + width; j++) if (x[j] > most) most = x[j];
  return most;
}
