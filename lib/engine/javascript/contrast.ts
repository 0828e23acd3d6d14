import type { Complex } from '../../energy/complex.js';
import { addComplexTerm, type ComplexEnd, toComplex } from './complex.js';
import type { Network, Part, States } from './network.js';
import type { End } from './real-phase.js';
import type { World } from './world.js';

/** The end of a phase whose states may be complex. */
export type AnyEnd = End | ComplexEnd;

/** States of a batch, with their activities. */
export type Reading = Pick<End, 'states' | 'activities'> | Pick<ComplexEnd, 'states' | 'activities'>;

/** A term with the end of its phase at hand. */
export interface EndTerm {
  readonly end: Reading;
  readonly coefficient: number | Complex;
}

/** gradients += Σ over terms of Re[coefficient · ∂E/∂θ], the mean over the batch, by parameter. */
export function addContrast(
  network: Network,
  batch: number,
  terms: readonly EndTerm[],
  gradients: readonly Float64Array[],
): void {
  for (const part of network.parts) {
    const real: RealTerm[] = [];
    for (const { end, coefficient } of terms) {
      if (isReal(end) && typeof coefficient === 'number') {
        real.push({ values: network.valuesOf(part, end.states, end.activities), coefficient });
        continue;
      }
      const states = isReal(end) ? toComplex(end.states) : end.states;
      const activities = isReal(end) ? toComplex(end.activities) : end.activities;
      const [c, d] = typeof coefficient === 'number' ? [coefficient, 0] : coefficient;
      const values = network.valuesOf(part, states, activities);
      addComplexTerm(part, values, [c / batch, d / batch], batch, gradients);
    }
    addRealTerms(network, part, real, batch, gradients);
  }
}

interface RealTerm {
  readonly values: Float64Array[];
  readonly coefficient: number;
}

function addRealTerms(
  network: Network,
  part: Part,
  terms: readonly RealTerm[],
  batch: number,
  gradients: readonly Float64Array[],
): void {
  if (terms.length === 0 || part.places.length === 0) return;
  // Linear in its one free layer: the sum over the terms may be taken before the outer product rather than after.
  const place = part.layers.findIndex((layer) => network.free.includes(layer));
  const sums = network.isConstant(part) ? [{ values: combine(terms, place), coefficient: 1 }] : terms;
  for (const { values, coefficient } of sums) addParameterGradient(part, values, batch, coefficient / batch, gradients);
}

/** gradients += scale · Σ over the batch of one part's ∂E/∂θ. */
export function addParameterGradient(
  part: Part,
  values: readonly Float64Array[],
  batch: number,
  scale: number,
  gradients: readonly Float64Array[],
): void {
  part.places.forEach((place, k) => {
    part.interaction.parameterGradient(k, values, part.parameters, batch, scale, gradients[place]);
  });
}

/** gradients += ∂C/∂θ at the free states, the mean over the batch: the cost's own parameters, and the decay of any. */
export function addCostGradient(
  network: Network,
  { batch, targets, weights }: World,
  free: States,
  gradients: readonly Float64Array[],
): void {
  const { cost, costParameters, costPlaces, decay, parameters } = network;
  const scale = weights.map((weight) => weight / batch);
  costPlaces.forEach((place, k) => {
    cost.parameterGradient?.(k, free[network.output], targets, costParameters, batch, scale, gradients[place]);
  });
  gradients.forEach((gradient, p) => {
    if (decay[p] === 0) return;
    for (let k = 0; k < gradient.length; k++) gradient[k] += decay[p] * parameters[p][k];
  });
}

export function isReal(reading: Reading): reading is Pick<End, 'states' | 'activities'> {
  return reading.states[0] instanceof Float64Array;
}

/** The first term's values, with Σ coefficient · values in the place of one layer. */
function combine(terms: readonly RealTerm[], place: number): Float64Array[] {
  const sum = new Float64Array(terms[0].values[place].length);
  for (const { values, coefficient } of terms) {
    for (let j = 0; j < sum.length; j++) sum[j] += coefficient * values[place][j];
  }
  return terms[0].values.with(place, sum);
}
