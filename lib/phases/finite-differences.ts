import { checkOptions, checkPositive } from '../check.js';
import { checkDynamics, type Dynamics } from './dynamics.js';
import type { Estimator } from './estimator.js';

/** Options of {@link finiteDifferences}. */
export interface FiniteDifferencesOptions {
  /** The dynamics of the free phase. Its tolerance must be far below the step. */
  free: Dynamics;
  /** How far each number of each parameter is moved up and down. Default 1e-4. */
  step?: number | undefined;
}

/**
 * The reference of references: (J(θ + h) − J(θ − h)) / 2h, two free phases for every number of every parameter.
 * Runs on the javascript engine.
 * @throws ArgumentError for dynamics that are none, or a step that is not above 0
 */
export function finiteDifferences(options: FiniteDifferencesOptions): Estimator {
  options = checkOptions('finiteDifferences options', options, ['free', 'step']);
  const free = checkDynamics('finiteDifferences free', options.free);
  const step = checkPositive('finiteDifferences step', options.step ?? 1e-4);
  return {
    name: 'finiteDifferences',
    settings: { free, step },
    programs: [{ kind: 'finiteDifferences', free, step }],
  };
}
