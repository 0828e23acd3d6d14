import type { StochasticProcedure } from '../../../phases/procedure.js';
import { addParameterGradient } from '../contrast.js';
import { settle } from '../settle.js';
import type { Outcome, Run } from './run.js';

/** The difference of two means of ∂E/∂θ along trajectories that see the same noise. */
export async function stochastic(
  { network, world, start, pause }: Run,
  { beta, free, nudged, burnIn, centered }: StochasticProcedure,
): Promise<Outcome> {
  const gradients = network.zeroGradients();
  /** gradients += scale · the mean of ∂E/∂θ along a trajectory, and over the batch. */
  const addMean = (b: number, dynamics: StochasticProcedure['free'], scale: number) => {
    const share = scale / ((dynamics.iterations - burnIn) * world.batch);
    return settle(network, world, start, { beta: b, dynamics }, pause, (step, states) => {
      if (step <= burnIn) return;
      const activities = network.activitiesOf(states);
      for (const part of network.parts) {
        const values = network.valuesOf(part, states, activities);
        addParameterGradient(part, values, world.batch, share, gradients);
      }
    });
  };
  const distance = centered ? 2 * beta : beta;
  await addMean(beta, nudged, 1 / distance);
  const other = await addMean(centered ? -beta : 0, centered ? nudged : free, -1 / distance);
  const end = centered ? await settle(network, world, start, { beta: 0, dynamics: free }, pause) : other;
  return { free: end, gradients, ends: [] }; // noise never rests
}
