import type { ContinualProcedure } from '../../../phases/procedure.js';
import { addContrast } from '../contrast.js';
import { settle } from '../settle.js';
import { descend } from '../update.js';
import { refreshWorld } from '../world.js';
import type { Outcome, Run } from './run.js';

/** The parameters move, by `rates`, after every step of the nudged phase; returns the sum of what each step called for. */
export async function continual(
  { network, world, start, pause }: Run,
  { beta, free, nudged }: ContinualProcedure,
  rates: readonly number[],
): Promise<Outcome> {
  const first = await settle(network, world, start, { beta: 0, dynamics: free }, pause);
  const gradients = network.zeroGradients();
  const increments = network.zeroGradients();
  let end = first;
  for (let step = 0; step < nudged.iterations; step++) {
    const next = await settle(network, world, end.states, { beta, dynamics: { ...nudged, iterations: 1 } }, pause);
    for (const increment of increments) increment.fill(0);
    const terms = [
      { end: next, coefficient: 1 / beta },
      { end, coefficient: -1 / beta },
    ];
    addContrast(network, world.batch, terms, increments);
    descend(network, increments, rates);
    refreshWorld(network, world, next.states);
    gradients.forEach((gradient, p) => {
      for (let k = 0; k < gradient.length; k++) gradient[k] += increments[p][k];
    });
    end = next;
    if (nudged.tolerance > 0 && next.converged.every(Boolean)) break;
  }
  return { free: first, gradients };
}
