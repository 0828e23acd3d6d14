import type { Force, Network, States } from './network.js';
import { addForce, type World } from './world.js';

/** Room to compute one layer's derivative in, [batch, units]. */
export interface Scratch {
  readonly onActivity: Float64Array;
  readonly gradient: Float64Array;
}

export function makeScratch(length: number): Scratch {
  return { onActivity: new Float64Array(length), gradient: new Float64Array(length) };
}

/**
 * ∂F/∂s of one layer into `scratch.gradient`, and ∂E/∂ρ of it into `scratch.onActivity`. Forces of clamped layers alone
 * always count, of the others those that `counts` says.
 */
export function totalGradient(
  network: Network,
  world: World,
  layer: number,
  states: States,
  activities: States,
  beta: number,
  { onActivity, gradient }: Scratch,
  counts: (force: Force) => boolean = () => true,
): void {
  onActivity.set(world.constant[layer]);
  gradient.fill(0);
  for (const force of network.forces[layer]) {
    if (force.constant || !counts(force)) continue;
    const into = force.interaction.reads === 'state' ? gradient : onActivity;
    addForce(network, force, states, activities, world.batch, into);
  }
  const { identity, slope } = network.rho[layer];
  const state = states[layer];
  if (identity) for (let j = 0; j < gradient.length; j++) gradient[j] += onActivity[j];
  else for (let j = 0; j < gradient.length; j++) gradient[j] += slope(state[j]) * onActivity[j];
  if (layer === network.output && beta !== 0) addNudge(network, world, state, beta, gradient);
}

/** gradient += β w ∂C/∂s of the output layer. */
export function addNudge(
  network: Network,
  world: World,
  output: Float64Array,
  beta: number,
  gradient: Float64Array,
): void {
  const { cost, costParameters } = network;
  const { batch, targets, weights } = world;
  const nudge = new Float64Array(gradient.length);
  cost.stateGradient(output, targets, costParameters, batch, beta, nudge);
  const size = gradient.length / batch;
  for (let e = 0; e < batch; e++) {
    for (let j = e * size; j < (e + 1) * size; j++) gradient[j] += weights[e] * nudge[j];
  }
}

/** E of each example. A constant force's interaction is linear in its one free layer: activity times force. */
export function energyOf(network: Network, world: World, states: States, activities: States): Float64Array {
  const energy = new Float64Array(world.batch);
  for (const part of network.parts) {
    if (network.isConstant(part)) continue;
    part.interaction.energy(network.valuesOf(part, states, activities), part.parameters, world.batch, energy);
  }
  for (const i of network.free) {
    const { size } = network.layers[i];
    for (let e = 0; e < world.batch; e++) {
      for (let j = e * size; j < (e + 1) * size; j++) energy[e] += activities[i][j] * world.constant[i][j];
    }
  }
  return energy;
}

/** C of each example, its weight and the decay of the parameters included. */
export function costOf(network: Network, { batch, targets, weights }: World, output: Float64Array): Float64Array {
  const cost = new Float64Array(batch);
  network.cost.value(output, targets, network.costParameters, batch, cost);
  let decay = 0;
  network.parameters.forEach((theta, p) => {
    if (network.decay[p] === 0) return;
    for (let k = 0; k < theta.length; k++) decay += 0.5 * network.decay[p] * theta[k] * theta[k];
  });
  for (let e = 0; e < batch; e++) cost[e] = weights[e] * cost[e] + decay;
  return cost;
}

/** What is read out of the output layer, [batch, numbers of a target]. */
export function readOutOf(network: Network, batch: number, output: Float64Array, size: number): Float64Array {
  if (!network.cost.readOut) return output;
  const outputs = new Float64Array(batch * size);
  network.cost.readOut(output, network.costParameters, batch, outputs);
  return outputs;
}
