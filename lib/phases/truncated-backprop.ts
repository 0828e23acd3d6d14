import { checkInteger, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import { checkDynamics, type Dynamics } from './dynamics.js';
import type { Estimator } from './estimator.js';

/** Options of {@link truncatedBackprop}. */
export interface TruncatedBackpropOptions {
  /** The dynamics of the free phase: `euler` or `fixedPoint`. */
  free: Dynamics;
  /** How many steps, after those of `free`, are differentiated. */
  steps: number;
}

/**
 * Back-propagation through the last steps of the settling: the free phase, then `steps` more of the same, which are
 * differentiated (Ernoult et al. 2019, section 3.1). With Euler steps from a true equilibrium its gradients, step by step, are
 * the increments of a nudged phase. Runs on the javascript engine.
 * @throws ArgumentError for dynamics other than `euler` and `fixedPoint`, or a count below 1
 */
export function truncatedBackprop(options: TruncatedBackpropOptions): Estimator {
  options = checkOptions('truncatedBackprop options', options, ['free', 'steps']);
  const free = checkDynamics('truncatedBackprop free', options.free);
  if (free.kind !== 'euler' && free.kind !== 'fixedPoint') {
    throw new ArgumentError(`truncatedBackprop free must be euler or fixedPoint, but ${free.kind} was given`);
  }
  const steps = checkInteger('truncatedBackprop steps', options.steps, 1);
  return {
    name: 'truncatedBackprop',
    settings: { free, steps },
    programs: [{ kind: 'truncatedBackprop', free, steps }],
  };
}
