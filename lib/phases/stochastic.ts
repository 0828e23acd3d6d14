import { checkBoolean, checkInteger, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/** Options of {@link stochastic}. */
export interface StochasticOptions extends EstimatorOptions {
  /** Iterations of each phase that are not averaged, of those that its dynamics take. */
  burnIn: number;
  /** Whether the averages are taken at +β and −β, rather than at +β and 0. Default false. */
  centered?: boolean | undefined;
}

/**
 * For states that fluctuate, with `langevin` dynamics: (E_β[∂E/∂θ] − E_0[∂E/∂θ]) / β, each mean taken along the trajectory
 * after a burn-in; in the limit of small β the gradient of the mean cost under the Gibbs distribution
 * (Scellier and Bengio 2017, appendix C, theorem 3). All phases begin where the free one does, and all phases of an example see the same noise, which cancels in the difference.
 * Runs on the javascript engine.
 * @throws ArgumentError for a β that is not above 0, dynamics that are not langevin, or a burn-in as long as a phase
 */
export function stochastic(options: StochasticOptions): Estimator {
  options = checkOptions('stochastic options', options, ['beta', 'free', 'nudged', 'burnIn', 'centered']);
  const { burnIn: given, centered = false, ...rest } = options;
  const { beta, free, nudged } = checkEstimatorOptions('stochastic', rest);
  checkBoolean('stochastic centered', centered);
  for (const [name, { kind }] of Object.entries({ free, nudged })) {
    if (kind !== 'langevin') {
      throw new ArgumentError(`stochastic ${name} must be langevin({ temperature }), but ${kind} was given`);
    }
  }
  const shortest = Math.min(free.iterations, nudged.iterations);
  const burnIn = checkInteger('stochastic burnIn', given, 0, shortest - 1);
  return {
    name: 'stochastic',
    settings: { beta, free, nudged, burnIn, centered },
    programs: [{ kind: 'stochastic', beta, free, nudged, burnIn, centered }],
  };
}
