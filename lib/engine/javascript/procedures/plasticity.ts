import type { PlasticityProcedure } from '../../../phases/procedure.js';
import { addAlongPath } from '../second.js';
import { settle } from '../settle.js';
import type { Outcome, Run } from './run.js';

/** Σ along the nudged phase of how ∂E/∂θ changes from step to step, each taken at the middle of its step. */
export async function plasticity(
  { network, world, start, pause }: Run,
  { beta, free, nudged }: PlasticityProcedure,
): Promise<Outcome> {
  const first = await settle(network, world, start, { beta: 0, dynamics: free }, pause);
  const gradients = network.zeroGradients();
  let end = first;
  for (let step = 0; step < nudged.iterations; step++) {
    const next = await settle(network, world, end.states, { beta, dynamics: { ...nudged, iterations: 1 } }, pause);
    addAlongPath(network, world.batch, end, next, 1 / (beta * world.batch), gradients);
    end = next;
    if (nudged.tolerance > 0 && next.converged.every(Boolean)) break;
  }
  return { free: first, gradients };
}
