/** Activations ρ: what a layer's state looks like to the layers around it. */

/**
 * - `hardSigmoid`: ρ(s) = s on states clipped to [0, 1], the paper's choice. Clipping the state replaces ρ′, which
 *   would hold a unit at a bound for ever.
 * - `linear`: ρ(s) = s.
 * - `sigmoid`: ρ(s) = 1 / (1 + e^−s).
 * - `tanh`: ρ(s) = tanh s.
 */
export type ActivationName = 'hardSigmoid' | 'linear' | 'sigmoid' | 'tanh';

/** ρ and its derivative; where ρ(s) = s neither is needed. */
export interface Activation {
  readonly identity: boolean;
  /** The states' range unless the layer says otherwise. */
  readonly range: readonly [low: number, high: number];
  value(s: number): number;
  slope(s: number): number;
}

const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));
const unbounded = [-Infinity, Infinity] as const;

export const activations: Readonly<Record<ActivationName, Activation>> = {
  hardSigmoid: { identity: true, range: [0, 1], value: (s) => s, slope: () => 1 },
  linear: { identity: true, range: unbounded, value: (s) => s, slope: () => 1 },
  sigmoid: { identity: false, range: unbounded, value: sigmoid, slope: (s) => sigmoid(s) * (1 - sigmoid(s)) },
  tanh: { identity: false, range: unbounded, value: Math.tanh, slope: (s) => 1 - Math.tanh(s) ** 2 },
};

export const ACTIVATIONS = Object.keys(activations) as ActivationName[];
