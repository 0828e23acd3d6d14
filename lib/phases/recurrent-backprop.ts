import { checkInteger, checkOptions, checkPositive } from '../check.js';
import { checkDynamics, type Dynamics } from './dynamics.js';
import type { Estimator } from './estimator.js';

/** Options of {@link recurrentBackprop}. */
export interface RecurrentBackpropOptions {
  /** The dynamics of the free phase. */
  free: Dynamics;
  /** The residual at which the linear solve ends, relative to ∂C/∂s. Default 1e-10. */
  tolerance?: number | undefined;
  /** The most steps of the solve. Default 1000. */
  iterations?: number | undefined;
}

/**
 * The reference gradient: settle freely, solve ∂²E/∂s² λ = −∂C/∂s for the costate λ by conjugate gradients, and take
 * ∂C/∂θ + λᵀ ∂²E/∂s∂θ (Almeida 1987; Pineda 1987; Scellier and Bengio 2017, appendix). Units at a bound that
 * presses on them do not move. A back-propagation: no nudge, and a computation of another kind than the free phase.
 * Runs on the javascript engine.
 * @throws ArgumentError for dynamics that are none, a tolerance that is not above 0 or a negative count
 */
export function recurrentBackprop(options: RecurrentBackpropOptions): Estimator {
  options = checkOptions('recurrentBackprop options', options, ['free', 'tolerance', 'iterations']);
  const free = checkDynamics('recurrentBackprop free', options.free);
  const tolerance = checkPositive('recurrentBackprop tolerance', options.tolerance ?? 1e-10);
  const iterations = checkInteger('recurrentBackprop iterations', options.iterations ?? 1000, 0);
  return {
    name: 'recurrentBackprop',
    settings: { free, tolerance, iterations },
    programs: [{ kind: 'recurrentBackprop', free, tolerance, iterations }],
  };
}
