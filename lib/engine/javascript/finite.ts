import { parametersOf } from '../../energy/problem.js';
import { DivergenceError, isError } from '../../errors.js';
import type { Settled } from '../engine.js';
import type { Network, States } from './network.js';

/** @throws DivergenceError if an example's last change is not finite, with the first layer whose states are not */
export function checkChange(network: Network, states: States, residual: Float64Array, iteration: number): void {
  const example = residual.findIndex((change) => !Number.isFinite(change));
  if (example < 0) return;
  const isLost = (layer: number) => {
    const { size } = network.layers[layer];
    return !states[layer].subarray(example * size, (example + 1) * size).every(Number.isFinite);
  };
  throw stateError(
    network,
    network.layers.findIndex((_, layer) => isLost(layer)),
    iteration,
  );
}

/** @throws DivergenceError for a state that is not finite */
export function checkStates(network: Network, states: States, iteration: number): void {
  const lost = states.findIndex((state) => !state.every(Number.isFinite));
  if (lost >= 0) throw stateError(network, lost, iteration);
}

/** What a step of a training must not go on from. @throws DivergenceError */
export function checkStep(network: Network, { states, energy, cost }: Settled, step: number): void {
  try {
    checkStates(network, states as States, 0);
  } catch (error) {
    throw atStep(error, step);
  }
  if (!energy.every(Number.isFinite)) throw new DivergenceError('training', step, 'energy');
  if (!cost.every(Number.isFinite)) throw new DivergenceError('training', step, 'cost');
}

/** @throws DivergenceError for a parameter that has overflowed in this update */
export function checkParameters(network: Network, step: number): void {
  const lost = network.parameters.findIndex((values) => !values.every(Number.isFinite));
  if (lost < 0) return;
  throw new DivergenceError('training', step, 'parameter', [...parametersOf(network.problem).keys()][lost]);
}

/** What is thrown while a batch settles, as the training's error. */
export function atStep(error: unknown, step: number): unknown {
  return isError(error, DivergenceError) ? new DivergenceError('training', step, error.kind, error.tensor) : error;
}

function stateError(network: Network, layer: number, iteration: number): DivergenceError {
  const names = [...network.problem.energy.layers.keys()];
  return new DivergenceError('settling', iteration, 'state', names[Math.max(0, layer)]);
}
