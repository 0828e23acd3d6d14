import type { PlasticityProcedure } from '../../../phases/procedure.js';
import type { States } from '../network.js';
import type { End } from '../real-phase.js';
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
  let before: Pick<End, 'states' | 'activities'> = first;
  const watch = (_step: number, states: States) => {
    const copies = states.map((s) => s.slice());
    const after = { states: copies, activities: network.activitiesOf(copies) };
    addAlongPath(network, world.batch, before, after, 1 / (beta * world.batch), gradients);
    before = after;
  };
  const last = await settle(network, world, first.states, { beta, dynamics: nudged }, pause, watch);
  return { free: first, gradients, ends: [first, last] };
}
