/** Complex numbers, for estimators that settle at complex β (Laborieux and Zenke 2022). */

/** Real and imaginary part. */
export type Complex = readonly [re: number, im: number];

/** Real and imaginary parts of an array of complex numbers, of one length. */
export interface ComplexArray {
  /** Real parts. */
  readonly re: Float64Array;
  /** Imaginary parts. */
  readonly im: Float64Array;
}

export function complexZeros(length: number): ComplexArray {
  return { re: new Float64Array(length), im: new Float64Array(length) };
}

export const multiply = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];

export function divide([a, b]: Complex, [c, d]: Complex): Complex {
  const norm = c * c + d * d;
  return [(a * c + b * d) / norm, (b * c - a * d) / norm];
}

export const exponential = ([a, b]: Complex): Complex => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];

/** The principal branch. */
export const logarithm = ([a, b]: Complex): Complex => [Math.log(Math.hypot(a, b)), Math.atan2(b, a)];
