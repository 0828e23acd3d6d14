import type { Procedure } from '../../../phases/procedure.js';
import { Network } from '../network.js';
import { makeWorld } from '../world.js';
import { continual } from './continual.js';
import { finiteDifferences } from './finite-differences.js';
import { plasticity } from './plasticity.js';
import { recurrentBackprop } from './recurrent-backprop.js';
import type { Outcome, Run } from './run.js';
import { stochastic } from './stochastic.js';
import { truncatedBackprop } from './truncated-backprop.js';
import { vectorField } from './vector-field.js';

/**
 * Carries a procedure out. `rates` are those of a training, by parameter: only then may parameters move, and they have moved
 * already where `movesParameters`.
 */
export async function runProcedure(run: Run, procedure: Procedure, rates?: readonly number[]): Promise<Outcome> {
  switch (procedure.kind) {
    case 'continual': {
      if (rates) return continual(run, procedure, rates);
      const still = run.network.parameters.map(() => procedure.learningRate);
      return continual(onCopies(run), procedure, still);
    }
    case 'plasticity':
      return plasticity(run, procedure);
    case 'vectorField':
      return vectorField(run, procedure);
    case 'stochastic':
      return stochastic(run, procedure);
    case 'recurrentBackprop':
      return recurrentBackprop(run, procedure);
    case 'truncatedBackprop':
      return truncatedBackprop(run, procedure);
    case 'finiteDifferences':
      return finiteDifferences(onCopies(run), procedure);
  }
}

/** The same run with parameters of its own, which may move while others read the network's. */
function onCopies({ network, world, start, pause }: Run): Run {
  const { batch, targets, weights, held, noise } = world;
  const copy = new Network(network.problem);
  network.parameters.forEach((values, p) => void copy.parameters[p].set(values));
  return { network: copy, world: makeWorld(copy, start, batch, { targets, weights, held, noise }), start, pause };
}
