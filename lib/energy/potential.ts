import { checkArray, checkNumber, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { ComplexArray } from './complex.js';
import type { ComplexGradients, Interaction } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer, checkName } from './part.js';

/** E = Σ over units of Σ_k c_k s^k; made by {@link potential}. */
export class Potential implements Interaction {
  readonly kind = 'potential';
  readonly reads = 'state';
  readonly parameters = [];
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  /** c₀, c₁, c₂, … */
  readonly coefficients: readonly number[];
  readonly quadratic: boolean;
  readonly curvature?: number;
  readonly complex?: ComplexGradients;
  /** Coefficients of the derivative. */
  readonly #slope: readonly number[];

  constructor(layer: Layer, coefficients: readonly number[], options: { name?: string } = {}) {
    options = checkOptions('potential options', options, ['name']);
    this.layers = [checkLayer('potential layer', layer)];
    const given = checkArray('potential coefficients', coefficients);
    if (given.length === 0) {
      throw new ArgumentError('potential coefficients must hold one or more numbers, but an empty array was given');
    }
    this.coefficients = Object.freeze(given.map((c, k) => checkNumber(`potential coefficients[${k}]`, c)));
    this.name = checkName('potential', options.name);
    this.#slope = this.coefficients.slice(1).map((c, k) => (k + 1) * c);
    this.quadratic = this.coefficients.findLastIndex((c) => c !== 0) <= 2;
    if (this.quadratic) {
      this.curvature = 2 * (this.coefficients[2] ?? 0);
    } else {
      this.complex = {
        stateGradient: (_layer, [s], _parameters, batch, gradient) => this.#complexGradient(s, batch, gradient),
        parameterGradient() {},
      };
    }
    markPart(this);
  }

  energy([s]: readonly Float64Array[], _: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = e * size; j < (e + 1) * size; j++) sum += polynomial(this.coefficients, s[j]);
      energy[e] += sum;
    }
  }

  stateGradient(
    _layer: number,
    [s]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const count = batch * this.layers[0].size;
    for (let j = 0; j < count; j++) gradient[j] += polynomial(this.#slope, s[j]);
  }

  parameterGradient(): void {}

  #complexGradient({ re, im }: ComplexArray, batch: number, gradient: ComplexArray): void {
    const count = batch * this.layers[0].size;
    for (let j = 0; j < count; j++) {
      const [x, y] = [re[j], im[j]];
      let [a, b] = [0, 0];
      for (let k = this.#slope.length - 1; k >= 0; k--) [a, b] = [a * x - b * y + this.#slope[k], a * y + b * x];
      gradient.re[j] += a;
      gradient.im[j] += b;
    }
  }
}

/** Horner's rule. */
function polynomial(coefficients: readonly number[], s: number): number {
  let sum = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) sum = sum * s + coefficients[k];
  return sum;
}

/**
 * A potential Σ_k c_k s^k that each unit of a layer moves in, given by its coefficients c₀, c₁, c₂, …, which are fixed:
 * for instance the double well [0, 0, −1, 0, 1], s⁴ − s², of a bistable unit. Up to s² any dynamics can settle it,
 * above that `euler`. Nothing looks whether it is bounded below: a layer with a range always is.
 * @throws ArgumentError for anything but a layer, or coefficients that are not one or more finite numbers
 */
export function potential(layer: Layer, coefficients: readonly number[], options?: { name?: string }): Potential {
  return new Potential(layer, coefficients, options);
}
