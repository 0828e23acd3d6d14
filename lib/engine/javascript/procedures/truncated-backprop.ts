import type { TruncatedBackpropProcedure } from '../../../phases/procedure.js';
import { addNudge } from '../forces.js';
import type { States } from '../network.js';
import { visitsOf } from '../rates.js';
import { Tangent } from '../second.js';
import { settle } from '../settle.js';
import { mobileUnits } from './recurrent-backprop.js';
import type { Outcome, Run } from './run.js';

/** What back-propagation finds on its way, from the last step backwards. */
export interface Backward {
  /** ∂C/∂s after 0, 1, … steps backwards, by layer; 0 where a unit was clipped, as it could not have moved. */
  readonly states: States[];
  /** The gradient that each step contributes, by parameter. */
  readonly gradients: Float64Array[][];
}

/** Back-propagation through the last steps of the settling. */
export async function truncatedBackprop(run: Run, procedure: TruncatedBackpropProcedure): Promise<Outcome> {
  const { free, backward } = await backpropagate(run, procedure);
  const gradients = run.network.zeroGradients();
  for (const step of backward.gradients) {
    step.forEach((part, p) => {
      for (let k = 0; k < part.length; k++) gradients[p][k] += part[k];
    });
  }
  return { free, gradients };
}

/**
 * The same, step by step. A step is s′ = clip(s − R ∂E/∂s) with a rate R for each unit, so that a vector g of ∂C/∂s′ becomes
 * m g − H R m g, m being 1 where nothing was clipped, and contributes −(R m g)ᵀ ∂²E/∂s∂θ.
 */
export async function backpropagate(
  { network, world, start, pause }: Run,
  { free: dynamics, steps }: TruncatedBackpropProcedure,
) {
  const phase = { beta: 0, dynamics };
  const path = [(await settle(network, world, start, phase, pause)).states];
  const one = { beta: 0, dynamics: { ...dynamics, iterations: 1, tolerance: 0 } };
  let free = await settle(network, world, path[0], one, pause);
  path.push(free.states);
  for (let step = 1; step < steps; step++) {
    free = await settle(network, world, free.states, one, pause);
    path.push(free.states);
  }
  const rates = new Map(
    visitsOf(network, world, dynamics, 0).map(({ layer, curvature, rate }) => [
      layer,
      (j: number) => (curvature ? rate / curvature[j % curvature.length] : rate),
    ]),
  );

  let vector = path[steps].map((s) => new Float64Array(s.length));
  addNudge(network, world, path[steps][network.output], 1, vector[network.output]);
  const backward: Backward = { states: [], gradients: [] };
  for (let step = steps - 1; step >= 0; step--) {
    const moved = vector.map((g, layer) => {
      const mobile = mobileUnits(network, world, layer, path[step + 1][layer]);
      return g.map((x, j) => (mobile[j] ? x : 0));
    });
    const scaled = moved.map((g, layer) => {
      const rate = rates.get(layer);
      return rate ? g.map((x, j) => rate(j) * x) : g;
    });
    const tangent = new Tangent(network, world, path[step]);
    const gradients = network.zeroGradients();
    tangent.addMixed(scaled, -1 / world.batch, gradients);
    const bent = tangent.hessian(scaled);
    vector = moved.map((g, layer) => g.map((x, j) => x - bent[layer][j]));
    backward.states.push(moved);
    backward.gradients.push(gradients);
    await pause();
  }
  return { free, backward };
}
