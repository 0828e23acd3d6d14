/** How many iterations states take until they are near to where they come to rest. */

import type { Dynamics, Equilibrium, Model, SettleOptions } from '../lib/index.js';

/** A state is near its limit when no unit is further from it than this. */
export const NEAR = 1e-3;
/** As many iterations are looked at; what is not near then counts as one more. */
export const MOST = 500;
/** After so many a state passes for its limit. */
const LIMIT = 4 * MOST;

export interface Approach {
  /** By example: after how many iterations its state is near its limit, and stays there. */
  readonly iterations: Uint32Array;
  readonly limit: Equilibrium;
}

export async function approach(
  model: Model,
  input: Float32Array,
  start: Pick<SettleOptions, 'start' | 'from'>,
  dynamics: Dynamics,
): Promise<Approach> {
  const of = (iterations: number) => ({ ...dynamics, iterations, tolerance: 0 });
  const limit = await model.settle({ input, ...start, dynamics: of(LIMIT) });
  const iterations = new Uint32Array(limit.iterations.length);
  let state = await model.settle({ input, ...start, dynamics: of(0) });
  for (let done = 0; done <= MOST; done++) {
    for (const [e, distance] of distances(state, limit).entries()) if (!(distance <= NEAR)) iterations[e] = done + 1;
    state = await model.settle({ input, from: state, dynamics: of(1) });
  }
  return { iterations, limit };
}

/** By example, how far apart two equilibria are in the unit that differs most. */
export function distances(a: Equilibrium, b: Equilibrium): Float64Array {
  const furthest = new Float64Array(b.iterations.length);
  for (const [layer, state] of Object.entries(b.state)) {
    const size = state.length / furthest.length;
    for (let e = 0; e < furthest.length; e++) {
      for (let j = e * size; j < (e + 1) * size; j++) {
        furthest[e] = Math.max(furthest[e], Math.abs(a.state[layer][j] - state[j]));
      }
    }
  }
  return furthest;
}

/** Of the examples, in per cent, those that two equilibria agree on. */
export function shareAlike(a: Equilibrium, b: Equilibrium): number {
  const apart = distances(a, b);
  return (100 * apart.filter((distance) => distance <= 2 * NEAR).length) / apart.length;
}

export function meanAndMost(counts: Uint32Array): { mean: number; most: number } {
  const mean = counts.reduce((sum, n) => sum + n, 0) / counts.length;
  return { mean: Number(mean.toFixed(2)), most: Math.max(...counts) };
}
