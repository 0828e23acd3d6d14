import { checkRelaxed, type RelaxedOptions } from './fixed-point.js';

export interface CoordinateDescent {
  readonly kind: 'coordinateDescent';
  readonly relaxation: number;
  readonly iterations: number;
  readonly tolerance: number;
}

/**
 * Block coordinate descent: the layers of one colour of the graph go to their exact minimiser of F, then those of the
 * next see them there (of a chain: even and odd layers). No two neighbours move at once, so F never rises where β ≥ 0 and
 * the relaxation is 1; except that a conjugate leak's layer, under a nudge of its own, is led by the nudge as it is. The free phase starts with the layers nearest to the input, a nudged phase with the output.
 * For layers with ρ(s) = s; published for convolutional nets by Scellier et al. (2023).
 * @throws ArgumentError for a relaxation outside (0, 2), a negative count or tolerance
 */
export function coordinateDescent(options: RelaxedOptions = {}): CoordinateDescent {
  return Object.freeze({ kind: 'coordinateDescent', ...checkRelaxed('coordinateDescent', options) });
}
