/** Where free phases start. Values: an engine computes. */

/**
 * - `zero`: at zero, or the nearest state that a layer's range allows.
 * - `feedForward`: where a feed-forward pass leads, as in Bengio, Scellier, Bilaniuk, Sacramento and Senn (2016). From the
 *   clamped layers outwards, each free layer goes to the minimiser of E that the layers before it alone give it, as if
 *   those after it were not there: s = clip((Σ Wρ(s) + b) / λ) with a leak λ, s = σ(Σ Wρ(s) + b) with a conjugate leak. Where
 *   ρ is curved, E is taken to first order in ρ, at zero: s = ρ′(0)(Σ Wρ(s) + b) / λ. Units of the layer itself are seen
 *   where they start, and units that are held stay.
 */
export type Start = 'zero' | 'feedForward';

/**
 * - `persistent`: where the example's last free phase ended, kept by example, the first time at zero (Scellier and Bengio
 *   2017, section 5).
 */
export type TrainingStart = Start | 'persistent';

export const STARTS = ['zero', 'feedForward'] as const satisfies readonly Start[];
export const TRAINING_STARTS = [...STARTS, 'persistent'] as const satisfies readonly TrainingStart[];
