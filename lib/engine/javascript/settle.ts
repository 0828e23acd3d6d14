import { curvatureOf } from '../../energy/curvature.js';
import type { Phase } from '../../phases/estimator.js';
import type { Settled } from '../engine.js';
import type { Force, Network, States } from './network.js';

/** What clamps a batch, and the part of its forces that does not change while it settles. */
export interface World {
  readonly batch: number;
  /** Targets of the output layer, [batch, units]. */
  readonly targets: Float64Array;
  /** By layer: ∂E/∂ρ of the interactions that only clamped layers feed. */
  readonly constant: States;
}

/** Waits until others have had the processor; throws if the work is to stop. */
export type Pause = () => Promise<void>;

/** States of zero, or the nearest that a layer's range allows, with the input in its place. */
export function startStates(network: Network, batch: number, inputs: Float64Array): States {
  return network.layers.map((layer, i) => {
    if (i === network.input) return inputs;
    const zero = Math.min(Math.max(0, layer.range[0]), layer.range[1]);
    return new Float64Array(batch * layer.size).fill(zero);
  });
}

/** The drive of a batch's clamped layers, computed once for all of its phases. */
export function makeWorld(network: Network, states: States, batch: number, targets: Float64Array): World {
  const activities = network.activitiesOf(states);
  const constant = network.layers.map((layer, i) => {
    const gradient = new Float64Array(layer.size * batch);
    for (const force of network.forces[i]) {
      if (force.constant && !layer.clamped) addForce(network, force, states, activities, batch, gradient);
    }
    return gradient;
  });
  return { batch, targets, constant };
}

function addForce(
  network: Network,
  force: Force,
  states: States,
  activities: States,
  batch: number,
  gradient: Float64Array,
) {
  const values = network.valuesOf(force, states, activities);
  force.interaction.stateGradient(force.position, values, force.parameters, batch, gradient);
}

/** ∂F/∂s of one layer into `gradient`, using `onActivity` as scratch; both [batch, units]. */
function totalGradient(
  network: Network,
  world: World,
  layer: number,
  states: States,
  activities: States,
  beta: number,
  onActivity: Float64Array,
  gradient: Float64Array,
): void {
  onActivity.set(world.constant[layer]);
  gradient.fill(0);
  for (const force of network.forces[layer]) {
    if (force.constant) continue;
    const into = force.interaction.reads === 'state' ? gradient : onActivity;
    addForce(network, force, states, activities, world.batch, into);
  }
  const { identity, slope } = network.rho[layer];
  const state = states[layer];
  if (identity) for (let j = 0; j < gradient.length; j++) gradient[j] += onActivity[j];
  else for (let j = 0; j < gradient.length; j++) gradient[j] += slope(state[j]) * onActivity[j];
  if (layer === network.output && beta !== 0) {
    network.problem.cost.stateGradient(state, world.targets, world.batch, beta, gradient);
  }
}

/** Settles one phase; an example that rests keeps its state while the others go on. */
export async function settle(
  network: Network,
  world: World,
  start: States,
  phase: Phase,
  pause: Pause,
): Promise<Settled & { states: States; activities: States }> {
  const { batch } = world;
  const { iterations: limit, tolerance } = phase.dynamics;
  const copy = (from: States) => from.map((s, i) => (network.layers[i].clamped ? s : s.slice()));
  let states = copy(start);
  let next = copy(start);
  let activities = network.activitiesOf(states);
  const onActivity = states.map((s) => new Float64Array(s.length));
  const gradient = states.map((s) => new Float64Array(s.length));
  const residual = new Float64Array(batch);
  const iterations = new Uint32Array(batch).fill(limit);
  const converged = new Uint8Array(batch);
  const resting = new Uint8Array(batch);
  const differentiate = (i: number) =>
    totalGradient(network, world, i, states, activities, phase.beta, onActivity[i], gradient[i]);
  const move = (i: number, rate: number, into: States) => {
    for (let e = 0; e < batch; e++) {
      if (resting[e]) continue;
      const change = moveExample(network, i, e, rate, states[i], gradient[i], into[i]);
      if (change > residual[e] || Number.isNaN(change)) residual[e] = change; // a NaN stays
    }
  };
  const visits = visitsOf(network, phase);

  for (let step = 1; step <= limit && resting.includes(0); step++) {
    for (let e = 0; e < batch; e++) if (!resting[e]) residual[e] = 0;
    if (phase.dynamics.kind === 'coordinateDescent') {
      // One layer after the other, in place: the next sees where the last has gone. Here ρ(s) = s.
      for (const { layer, rate } of visits) {
        differentiate(layer);
        move(layer, rate, states);
      }
    } else {
      for (const { layer } of visits) differentiate(layer);
      for (const { layer, rate } of visits) move(layer, rate, next);
      [states, next] = [next, states];
      activities = network.activitiesOf(states);
    }
    for (let e = 0; e < batch; e++) {
      if (resting[e]) continue;
      converged[e] = residual[e] <= tolerance ? 1 : 0;
      if (!converged[e] || tolerance === 0) continue; // a tolerance of 0 asks for all iterations
      resting[e] = 1;
      iterations[e] = step;
      // Both halves of the double buffer hold the end from now on.
      for (const i of network.free) copyExample(network.layers[i].size, e, states[i], next[i]);
    }
    await pause();
  }
  const energy = energyOf(network, world, states, activities);
  const cost = new Float64Array(batch);
  network.problem.cost.value(states[network.output], world.targets, batch, cost);
  return { states, activities, energy, cost, residual, iterations, converged };
}

/** The free layers in the order in which a phase visits them, and how far each goes against its gradient: Euler's step
 * size, or the relaxation over the curvature of F, which leads to the minimiser. */
function visitsOf(network: Network, { dynamics, beta }: Phase): { layer: number; rate: number }[] {
  const order = beta === 0 ? network.order : network.order.toReversed();
  return order.map((layer) => {
    if (dynamics.kind === 'euler') return { layer, rate: dynamics.stepSize };
    const { energy, cost } = network.problem;
    const nudge = layer === network.output ? beta * (cost.curvature ?? 0) : 0;
    return { layer, rate: dynamics.relaxation / ((curvatureOf(energy, network.layers[layer]) ?? 0) + nudge) };
  });
}

/** One step of one example's layer; returns the largest change. */
function moveExample(
  network: Network,
  layer: number,
  example: number,
  rate: number,
  state: Float64Array,
  gradient: Float64Array,
  next: Float64Array,
): number {
  const { size, range } = network.layers[layer];
  const [low, high] = range;
  let largest = 0;
  for (let j = example * size; j < (example + 1) * size; j++) {
    const before = state[j];
    let s = before - rate * gradient[j];
    if (s < low) s = low;
    else if (s > high) s = high;
    next[j] = s;
    const change = Math.abs(s - before);
    if (change > largest || Number.isNaN(change)) largest = change;
  }
  return largest;
}

function copyExample(size: number, example: number, from: Float64Array, to: Float64Array): void {
  to.set(from.subarray(example * size, (example + 1) * size), example * size);
}

/** E of each example. A constant force's interaction is linear in its one free layer: activity times force. */
function energyOf(network: Network, world: World, states: States, activities: States): Float64Array {
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
