import { checkRelaxed, type RelaxedOptions } from './fixed-point.js';

/** Layer after layer to its minimiser; made by {@link coordinateDescent}. */
export interface CoordinateDescent {
  /** The name of its maker. */
  readonly kind: 'coordinateDescent';
  /** ω: see {@link RelaxedOptions}. */
  readonly relaxation: number;
  /** The most iterations taken. */
  readonly iterations: number;
  /** The largest change of a state in one iteration at which an example rests. */
  readonly tolerance: number;
}

/**
 * Block coordinate descent: the layers of one colour of the graph go to their exact minimiser of F, then those of the
 * next see them there. No two neighbours move at once, so F never rises where β ≥ 0 and the relaxation is 1; except that a
 * conjugate leak's layer, under a nudge of its own, is led by the nudge as it is. A free phase's sweep goes from the clamped
 * layers outwards, a nudged phase's from the output inwards (of a chain: layer by layer), so that each carries what it is
 * for to every layer: even and odd layers in turns, as published for convolutional nets by Scellier et al. (2023), take half
 * as many sweeps as there are layers for that. For layers with ρ(s) = s.
 * @throws ArgumentError for a relaxation outside (0, 2), a negative count or tolerance
 */
export function coordinateDescent(options: RelaxedOptions = {}): CoordinateDescent {
  return Object.freeze({ kind: 'coordinateDescent', ...checkRelaxed('coordinateDescent', options) });
}
