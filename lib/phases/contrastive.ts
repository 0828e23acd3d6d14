import { checkOptions } from '../check.js';
import { checkDynamics, type Dynamics } from './dynamics.js';
import type { Estimator } from './estimator.js';

/** Options of {@link contrastive}. */
export interface ContrastiveOptions {
  /** The dynamics of the free phase. */
  free: Dynamics;
  /** Those of the phase in which the output is clamped. */
  clamped: Dynamics;
}

/**
 * Contrastive Hebbian learning: settle freely, then with the output clamped to the target; ∂E(clamped) − ∂E(free) (Movellan
 * 1991). The gradient of E(clamped) − E(free), the limit of large β, which can fall below 0.
 * @throws ArgumentError for dynamics that are none
 */
export function contrastive(options: ContrastiveOptions): Estimator {
  options = checkOptions('contrastive options', options, ['free', 'clamped']);
  const free = checkDynamics('contrastive free', options.free);
  const clamped = checkDynamics('contrastive clamped', options.clamped);
  return {
    name: 'contrastive',
    settings: { free, clamped },
    programs: [
      {
        phases: [
          { beta: 0, dynamics: free, from: 'start' },
          { beta: 0, dynamics: clamped, from: 0, clamp: 1 },
        ],
        terms: [
          { phase: 1, coefficient: 1 },
          { phase: 0, coefficient: -1 },
        ],
      },
    ],
  };
}
