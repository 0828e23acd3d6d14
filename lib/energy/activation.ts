/** Activations ρ: what a layer's state looks like to the layers around it. */

import { type Complex, divide, exponential, multiply } from './complex.js';

/**
 * - `hardSigmoid`: ρ(s) = s on states clipped to [0, 1], the paper's choice. Clipping the state replaces ρ′, which
 *   would hold a unit at a bound for ever.
 * - `linear`: ρ(s) = s.
 * - `sigmoid`: ρ(s) = 1 / (1 + e^−s).
 * - `tanh`: ρ(s) = tanh s.
 */
export type ActivationName = 'hardSigmoid' | 'linear' | 'sigmoid' | 'tanh';

/** ρ and its derivatives; where ρ(s) = s they are not needed. */
export interface Activation {
  readonly identity: boolean;
  /** The states' range unless the layer says otherwise. */
  readonly range: readonly [low: number, high: number];
  value(s: number): number;
  /** ρ′ */
  slope(s: number): number;
  /** ρ″ */
  curve(s: number): number;
  /** ρ and ρ′ of complex states; absent where ρ is not analytic. */
  complex?: { value(s: Complex): Complex; slope(s: Complex): Complex };
}

const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));
const sigmoidSlope = (s: number) => sigmoid(s) * (1 - sigmoid(s));
const tanhSlope = (s: number) => 1 - Math.tanh(s) ** 2;
const unbounded = [-Infinity, Infinity] as const;

/** σ of a complex number: 1 / (1 + e^−s), or e^s / (1 + e^s) where that does not overflow. */
export function complexSigmoid([a, b]: Complex): Complex {
  const small = exponential(a < 0 ? [a, b] : [-a, -b]);
  return divide(a < 0 ? small : [1, 0], [1 + small[0], small[1]]);
}

function complexTanh([a, b]: Complex): Complex {
  const [re, im] = complexSigmoid([2 * a, 2 * b]); // tanh s = 2σ(2s) − 1
  return [2 * re - 1, 2 * im];
}

export const activations: Readonly<Record<ActivationName, Activation>> = {
  hardSigmoid: { identity: true, range: [0, 1], value: (s) => s, slope: () => 1, curve: () => 0 },
  linear: {
    identity: true,
    range: unbounded,
    value: (s) => s,
    slope: () => 1,
    curve: () => 0,
    complex: { value: (s) => s, slope: () => [1, 0] },
  },
  sigmoid: {
    identity: false,
    range: unbounded,
    value: sigmoid,
    slope: sigmoidSlope,
    curve: (s) => sigmoidSlope(s) * (1 - 2 * sigmoid(s)),
    complex: {
      value: complexSigmoid,
      slope(s) {
        const [re, im] = complexSigmoid(s);
        return multiply([re, im], [1 - re, -im]);
      },
    },
  },
  tanh: {
    identity: false,
    range: unbounded,
    value: Math.tanh,
    slope: tanhSlope,
    curve: (s) => -2 * Math.tanh(s) * tanhSlope(s),
    complex: {
      value: complexTanh,
      slope(s) {
        const rho = complexTanh(s);
        const [re, im] = multiply(rho, rho);
        return [1 - re, -im];
      },
    },
  },
};

export const ACTIVATIONS = Object.keys(activations) as ActivationName[];
