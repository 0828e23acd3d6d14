import type { FiniteDifferencesProcedure } from '../../../phases/procedure.js';
import { settle } from '../settle.js';
import { refreshWorld } from '../world.js';
import type { Outcome, Run } from './run.js';

/** Moves every number of every parameter up and down, and settles anew. */
export async function finiteDifferences(
  run: Run,
  { free: dynamics, step }: FiniteDifferencesProcedure,
): Promise<Outcome> {
  const { network, world, start, pause } = run;
  const gradients = network.zeroGradients();
  const objective = async () => {
    refreshWorld(network, world, start);
    const { cost } = await settle(network, world, start, { beta: 0, dynamics }, pause);
    return cost.reduce((sum, c) => sum + c, 0) / world.batch;
  };
  for (const [p, theta] of network.parameters.entries()) {
    for (let k = 0; k < theta.length; k++) {
      const kept = theta[k];
      theta[k] = kept + step;
      const above = await objective();
      theta[k] = kept - step;
      gradients[p][k] = (above - (await objective())) / (2 * step);
      theta[k] = kept;
    }
  }
  refreshWorld(network, world, start);
  const free = await settle(network, world, start, { beta: 0, dynamics }, pause);
  return { free, gradients, complete: true };
}
