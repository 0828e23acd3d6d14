/** What a training step leaves behind, by this package's own models: what its rivals are held against. */

import { compareArrays } from '../lib/audit/compare.js';
import { dataset, type Floats, type Model } from '../lib/index.js';
import { type Case, dynamicsOf, trainingOf } from './cases.js';
import type { Layered } from './star.js';

export interface Outcome extends Layered {
  /** Of each free layer at the end of the free phase, row-major [batch, size]. */
  readonly states: readonly Floats[];
}

/** The weights and biases of a model made by `hopfield`. */
export function layeredOf(model: Model): Layered {
  const named = (pattern: RegExp) => [...model.parameters].filter(([name]) => pattern.test(name));
  return {
    weights: named(/^dense/).map(([, { data }]) => Float32Array.from(data)),
    biases: named(/^bias/).map(([, { data }]) => Float32Array.from(data)),
  };
}

export function setLayered(model: Model, { weights, biases }: Layered): void {
  model.setParameters({
    ...Object.fromEntries(weights.map((data, k) => [`dense${k + 1}.weight`, data])),
    ...Object.fromEntries(biases.map((data, k) => [`bias${k + 1}.bias`, data])),
  });
}

/** Takes one step of a case on one batch. @param inputs [batch, sizes[0]] @param targets [batch, last size] */
export async function outcomeOf(
  model: Model,
  benchCase: Case,
  inputs: Float32Array,
  targets: Float32Array,
): Promise<Outcome> {
  const batch = inputs.length / benchCase.sizes[0];
  const { state } = await model.settle({ input: inputs, dynamics: dynamicsOf(benchCase.free) });
  const data = dataset({ inputs, shape: [benchCase.sizes[0]], targets });
  await model.fit(data, { ...trainingOf(benchCase), epochs: 1, batchSize: batch, shuffle: false });
  const free = [...model.energy.layers].filter(([, { clamped }]) => !clamped);
  const states = free.map(([name]) => state[name]);
  return { states, ...layeredOf(model) };
}

/** The greatest differences of an outcome from a reference's. */
export interface Differences {
  /** Of a state. */
  readonly states: number;
  /** Of a parameter, as a share of the greatest change of its array in that step. */
  readonly updates: number;
  /** Of the angle between the changes of all parameters in that step. */
  readonly cosine: number;
}

/** @param before the parameters that both started from */
export function differences(outcome: Outcome, reference: Outcome, before: Layered): Differences {
  const changes = (after: Layered) =>
    [...after.weights, ...after.biases].flatMap((values, k) => {
      const from = [...before.weights, ...before.biases][k];
      return Array.from(values, (value, i) => value - from[i]);
    });
  const share = (found: Floats, wanted: Floats, from: Floats) => greatest(found, wanted) / greatest(wanted, from);
  return {
    states: Math.max(...reference.states.map((wanted, k) => greatest(outcome.states[k], wanted))),
    updates: Math.max(
      ...reference.weights.map((wanted, k) => share(outcome.weights[k], wanted, before.weights[k])),
      ...reference.biases.map((wanted, k) => share(outcome.biases[k], wanted, before.biases[k])),
    ),
    cosine: compareArrays(Float64Array.from(changes(outcome)), Float64Array.from(changes(reference))).cosine,
  };
}

/** The greatest difference of two arrays; infinite where one holds what is no number or they differ in length. */
export function greatest(a: Floats, b: Floats): number {
  if (a.length !== b.length) return Infinity;
  let found = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= found)) found = Number.isNaN(difference) ? Infinity : difference;
  }
  return found;
}
