import { makeScratch, totalGradient } from './forces.js';
import type { Force, Network, States } from './network.js';
import { visitOutwards } from './rates.js';
import { copyFree, hasNoResponse, moveExample } from './settle.js';
import type { World } from './world.js';

/** Where a feed-forward pass leads from `start`: see `Start`. What is clamped or held stays. */
export function feedForward(network: Network, world: World, start: States): States {
  const states = copyFree(network, start);
  const activities = network.activitiesOf(states);
  const after = new Set(network.outwards);
  for (const layer of network.outwards) {
    after.delete(layer);
    const visit = visitOutwards(network, world, layer, after);
    const scratch = makeScratch(states[layer].length);
    const counts = (force: Force) =>
      !force.layers.some((other) => after.has(other)) && (!visit.response || hasNoResponse(force));
    totalGradient(network, world, layer, states, activities, 0, scratch, counts);
    for (let e = 0; e < world.batch; e++) {
      moveExample(network, visit, e, states[layer], scratch.gradient, world.held[layer], states[layer]);
    }
    const { identity, value } = network.rho[layer];
    if (!identity) activities[layer] = states[layer].map(value);
  }
  return states;
}
