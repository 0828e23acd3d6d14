import type { VectorFieldProcedure } from '../../../phases/procedure.js';
import { Tangent } from '../second.js';
import { settle } from '../settle.js';
import type { Outcome, Run } from './run.js';

/** How the forces at the free equilibrium depend on the parameters, times how far the nudge has moved the states. */
export async function vectorField(
  { network, world, start, pause }: Run,
  { beta, free, nudged, centered }: VectorFieldProcedure,
): Promise<Outcome> {
  const first = await settle(network, world, start, { beta: 0, dynamics: free }, pause);
  const towards = await settle(network, world, first.states, { beta, dynamics: nudged }, pause);
  const away = centered ? await settle(network, world, first.states, { beta: -beta, dynamics: nudged }, pause) : first;
  const change = towards.states.map((s, layer) => s.map((x, j) => x - away.states[layer][j]));
  const gradients = network.zeroGradients();
  const distance = centered ? 2 * beta : beta;
  new Tangent(network, world, first.states).addMixed(change, 1 / (distance * world.batch), gradients);
  return { free: first, gradients, ends: centered ? [first, towards, away] : [first, towards] };
}
