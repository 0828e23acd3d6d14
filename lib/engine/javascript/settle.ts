import { AndersonMixer } from './anderson.js';
import { checkChange, checkStates } from './finite.js';
import { costOf, energyOf, makeScratch, totalGradient } from './forces.js';
import { langevin } from './langevin.js';
import type { Force, Network, States } from './network.js';
import { type Visit, visitsOf } from './rates.js';
import type { End, RealPhase } from './real-phase.js';
import type { Pause, Watch, World } from './world.js';

/** Settles one phase; an example that rests keeps its state while the others go on. */
export async function settle(
  network: Network,
  world: World,
  from: States,
  phase: RealPhase,
  pause: Pause,
  watch?: Watch,
): Promise<End> {
  const { dynamics } = phase;
  const start =
    phase.clamp === undefined ? from : from.with(network.output, clampedOutput(network, world, from, phase.clamp));
  if (dynamics.kind === 'langevin')
    return finish(network, world, await langevin(network, world, start, phase, pause, watch));
  const fixed = phase.clamp === undefined ? undefined : network.output;
  const visits = visitsOf(network, world, dynamics, phase.beta, fixed);
  const { batch } = world;
  const { iterations: limit, tolerance } = dynamics;
  let states = copyFree(network, start);
  let next = copyFree(network, start);
  let activities = network.activitiesOf(states);
  const scratch = states.map((s) => makeScratch(s.length));
  const residual = new Float64Array(batch);
  const iterations = new Uint32Array(batch).fill(limit);
  const converged = new Uint8Array(batch);
  const resting = new Uint8Array(batch);
  const mixer = dynamics.kind === 'anderson' ? new AndersonMixer(network, visits, batch, dynamics.memory) : undefined;
  const differentiate = ({ layer, response }: Visit) =>
    totalGradient(
      network,
      world,
      layer,
      states,
      activities,
      phase.beta,
      scratch[layer],
      response ? hasNoResponse : undefined,
    );
  const move = (visit: Visit, into: States) => {
    const { layer } = visit;
    for (let e = 0; e < batch; e++) {
      if (resting[e]) continue;
      const held = world.held[layer];
      const change = moveExample(network, visit, e, states[layer], scratch[layer].gradient, held, into[layer]);
      if (change > residual[e] || Number.isNaN(change)) residual[e] = change; // a NaN stays
    }
  };

  for (let step = 1; step <= limit && resting.includes(0); step++) {
    for (let e = 0; e < batch; e++) if (!resting[e]) residual[e] = 0;
    if (dynamics.kind === 'coordinateDescent') {
      // One layer after the other, in place: the next sees where the last has gone. Here ρ(s) = s.
      for (const visit of visits) {
        differentiate(visit);
        move(visit, states);
      }
    } else {
      for (const visit of visits) differentiate(visit);
      for (const visit of visits) move(visit, next);
      for (let e = 0; e < batch && mixer; e++) {
        if (!resting[e] && residual[e] > tolerance) mixer.mix(e, states, next, world.held);
      }
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
    watch?.(step, states);
    checkChange(network, states, residual, step);
    await pause();
  }
  return finish(network, world, { states, residual, iterations, converged });
}

/** A response is the inverse of its own force: the layer goes to where that balances the others. */
export const hasNoResponse = ({ interaction }: Force) => !interaction.response;

function finish(
  network: Network,
  world: World,
  end: Pick<End, 'states' | 'residual' | 'iterations' | 'converged'>,
): End {
  const activities = network.activitiesOf(end.states);
  checkStates(
    network,
    end.states,
    end.iterations.reduce((a, b) => Math.max(a, b), 0),
  );
  const energy = energyOf(network, world, end.states, activities);
  return { ...end, activities, energy, cost: costOf(network, world, end.states[network.output]) };
}

/** States whose free layers may be written to. */
export function copyFree(network: Network, states: States): States {
  return states.map((s, i) => (network.clamped[i] ? s : s.slice()));
}

/** (1 − clamp) · y + clamp · target, within the layer's range or not. */
function clampedOutput(network: Network, world: World, from: States, clamp: number): Float64Array {
  return from[network.output].map((y, j) => (1 - clamp) * y + clamp * world.targets[j]);
}

/** One step of one example's layer; returns the largest change. */
export function moveExample(
  network: Network,
  { layer, curvature, nudge, rate, response }: Visit,
  example: number,
  state: Float64Array,
  gradient: Float64Array,
  held: Uint8Array | undefined,
  next: Float64Array,
): number {
  const { size, range } = network.layers[layer];
  const [low, high] = range;
  const at = example * size;
  let largest = 0;
  for (let j = at; j < at + size; j++) {
    const before = state[j];
    let s = before - rate * gradient[j];
    if (curvature) s = before - (rate / (curvature[j - at] + nudge[example])) * gradient[j];
    else if (response) s = before + rate * (response(-gradient[j]) - before);
    if (s < low) s = low;
    else if (s > high) s = high;
    if (held !== undefined && held[j] === 1) s = before;
    next[j] = s;
    const change = Math.abs(s - before);
    if (change > largest || Number.isNaN(change)) largest = change;
  }
  return largest;
}

function copyExample(size: number, example: number, from: Float64Array, to: Float64Array): void {
  to.set(from.subarray(example * size, (example + 1) * size), example * size);
}
