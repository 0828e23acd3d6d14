import type { Random } from '../../random.js';
import type { Force, Network, States } from './network.js';

/** What a batch is clamped to and nudged by, and the part of its forces that does not change while it settles. */
export interface World {
  readonly batch: number;
  /** [batch, numbers of a target] */
  readonly targets: Float64Array;
  /** By example, what its cost is multiplied by. */
  readonly weights: Float64Array;
  /** By layer, [batch, units]: 1 where a unit is held where it starts. */
  readonly held: readonly (Uint8Array | undefined)[];
  /** By layer: ∂E/∂ρ of the interactions that only clamped layers feed. */
  readonly constant: States;
  /** The noise of an example, from its beginning. */
  noise(example: number): Random;
}

/** What a world is made of besides states. */
export type WorldOptions = Pick<World, 'targets' | 'noise'> & Partial<Pick<World, 'weights' | 'held'>>;

/** Sees the states after each step; they are the engine's own, and move on. */
export type Watch = (step: number, states: States) => void;

/** Waits until others have had the processor; throws if the work is to stop. */
export type Pause = () => Promise<void>;

/** States of zero, or the nearest that a layer's range allows; `given` where there is something, by layer. */
export function startStates(
  network: Network,
  batch: number,
  given: (layer: number) => Float64Array | undefined,
): States {
  return network.layers.map((layer, i) => {
    const zero = Math.min(Math.max(0, layer.range[0]), layer.range[1]);
    return given(i) ?? new Float64Array(batch * layer.size).fill(network.clamped[i] ? 0 : zero);
  });
}

/** What a batch is clamped to, with the drive of its clamped layers, computed once for all of its phases. */
export function makeWorld(network: Network, states: States, batch: number, options: WorldOptions): World {
  const constant = network.layers.map((layer) => new Float64Array(layer.size * batch));
  const world = { batch, constant, weights: new Float64Array(batch).fill(1), held: [], ...options };
  refreshWorld(network, world, states);
  return world;
}

/** Computes the drive anew, after parameters have moved. */
export function refreshWorld(network: Network, { batch, constant }: World, states: States): void {
  const activities = network.activitiesOf(states);
  for (const i of network.free) {
    constant[i].fill(0);
    for (const force of network.forces[i]) {
      if (force.constant) addForce(network, force, states, activities, batch, constant[i]);
    }
  }
}

/** gradient += a force's ∂E/∂s or ∂E/∂ρ, whichever it reads. */
export function addForce(
  network: Network,
  force: Force,
  states: States,
  activities: States,
  batch: number,
  gradient: Float64Array,
): void {
  const values = network.valuesOf(force, states, activities);
  force.interaction.stateGradient(force.position, values, force.parameters, batch, gradient);
}
