import type { Floats } from '../check.js';
import { type ClampedProblem, parametersOf } from '../energy/problem.js';
import type { Plan, SettleCall } from '../engine/engine.js';
import { Network, type States } from '../engine/javascript/network.js';
import { DivergenceError, isError } from '../errors.js';

/** One moment of a settling; the first is where it starts. Lists are by example. */
export interface Moment {
  /** States by layer name, [batch, ...shape]. */
  readonly state: Readonly<Record<string, Floats>>;
  /** E */
  readonly energy: Float64Array;
  /** C, where a target was given. */
  readonly cost?: Float64Array;
  /** F = E + β C */
  readonly total: Float64Array;
  /** The largest change of a state in the step that led here; 0 at the start. */
  readonly residual: Float64Array;
  /** By parameter name: the change of ∂E/∂θ in that step, over β, the mean over the batch: what plasticity would add up. */
  readonly updates?: Readonly<Record<string, Float64Array>>;
}

/** What {@link Model.record} returns. */
export interface Recording {
  /** The nudge; 0 of a free phase. */
  readonly beta: number;
  /** The start, then one for each iteration until all examples rest. */
  readonly moments: readonly Moment[];
}

/** Settles one iteration at a time, and keeps what it sees. */
export async function record(
  problem: ClampedProblem,
  plan: Plan,
  call: SettleCall,
  options: { updates: boolean },
): Promise<Recording> {
  const { beta, dynamics } = call;
  const network = options.updates ? networkOf(problem, plan) : undefined;
  const names = [...problem.energy.layers.keys()];
  const moments: Moment[] = [];
  const layers = [...problem.energy.layers.values()];
  const resting = new Uint8Array(call.batch);
  const residual = new Float64Array(call.batch);
  // Copies: each step reads them, and the user's arrays may change meanwhile.
  const [targets, weights] = [call.targets?.slice(), call.weights?.slice()];
  let states = call.states;
  let before: Float64Array[] | undefined;
  for (let step = 0; step <= dynamics.iterations && (step === 0 || resting.includes(0)); step++) {
    // An example that rests is held, as it would be in one settling.
    const held = layers.map((layer, i) => heldOf(layer.size, resting, call.held?.[i]));
    const one = { ...dynamics, iterations: step === 0 ? 0 : 1 };
    const from = step === 0 ? call.start : 'zero';
    const end = await plan
      .settle({ ...call, targets, weights, states, start: from, held, dynamics: one, seed: call.seed + step })
      .catch((error) => {
        if (!isError(error, DivergenceError)) throw error;
        throw new DivergenceError('settling', step, error.kind, error.tensor);
      });
    for (let e = 0; e < call.batch; e++) {
      if (resting[e]) continue;
      residual[e] = end.residual[e];
      if (step > 0 && dynamics.tolerance > 0 && end.converged[e]) resting[e] = 1;
    }
    const correlations = network && correlationsOf(network, end.states);
    moments.push({
      state: Object.fromEntries(names.map((name, i) => [name, end.states[i]])),
      energy: end.energy,
      ...(targets && { cost: end.cost }),
      total: end.energy.map((e, i) => (beta === 0 ? e : e + beta * end.cost[i])),
      residual: residual.slice(),
      ...(network && correlations && { updates: changesOf(problem, before ?? correlations, correlations, beta) }),
    });
    states = end.states;
    before = correlations;
  }
  return { beta, moments };
}

/** [batch, units]: all units of the examples that rest, and those that are held anyway. */
function heldOf(size: number, resting: Uint8Array, held: Uint8Array | undefined): Uint8Array | undefined {
  if (!resting.includes(1)) return held;
  return Uint8Array.from(
    { length: resting.length * size },
    (_, j) => resting[Math.floor(j / size)] || (held?.[j] ?? 0),
  );
}

/** The network with the plan's parameters, in float64. */
function networkOf(problem: ClampedProblem, plan: Plan): Network {
  const network = new Network(problem);
  plan.read().forEach((values, p) => void network.parameters[p].set(values));
  return network;
}

/** ∂E/∂θ, the mean over the batch, by parameter. */
function correlationsOf(network: Network, given: readonly Floats[]): Float64Array[] {
  const states: States = given.map((s) => Float64Array.from(s));
  const activities = network.activitiesOf(states);
  const gradients = network.zeroGradients();
  const batch = states[0].length / network.layers[0].size;
  for (const part of network.parts) {
    part.places.forEach((place, k) => {
      const values = network.valuesOf(part, states, activities);
      part.interaction.parameterGradient(k, values, part.parameters, batch, 1 / batch, gradients[place]);
    });
  }
  return gradients;
}

function changesOf(problem: ClampedProblem, before: Float64Array[], after: Float64Array[], beta: number) {
  const scale = beta === 0 ? 1 : 1 / beta;
  const names = [...parametersOf(problem).keys()].slice(0, problem.energy.parameters.size);
  return Object.fromEntries(names.map((name, p) => [name, after[p].map((x, k) => scale * (x - before[p][k]))]));
}
