import type { ContinualProcedure } from '../../../phases/procedure.js';
import { addContrast, type Reading } from '../contrast.js';
import type { States } from '../network.js';
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
  let before: Reading = first;
  const watch = (_step: number, states: States) => {
    const copies = states.map((s) => s.slice());
    const after = { states: copies, activities: network.activitiesOf(copies) };
    for (const increment of increments) increment.fill(0);
    const terms = [
      { end: after, coefficient: 1 / beta },
      { end: before, coefficient: -1 / beta },
    ];
    addContrast(network, world.batch, terms, increments);
    descend(network, increments, rates);
    refreshWorld(network, world, states);
    gradients.forEach((gradient, p) => {
      for (let k = 0; k < gradient.length; k++) gradient[k] += increments[p][k];
    });
    before = after;
  };
  const last = await settle(network, world, first.states, { beta, dynamics: nudged }, pause, watch);
  return { free: first, gradients, ends: [first, last] };
}
