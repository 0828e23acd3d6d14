import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/**
 * Settle freely, then from there under +β and under −β; (∂E(s^β) − ∂E(s^−β)) / 2β (Laborieux et al. 2021, equation 5).
 * Its bias falls with the square of β.
 * @throws ArgumentError for a β that is not above 0
 */
export function centered(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('centered', options);
  return {
    name: 'centered',
    settings: { beta, free, nudged },
    programs: [
      {
        phases: [
          { beta: 0, dynamics: free, from: 'start' },
          { beta, dynamics: nudged, from: 0 },
          { beta: -beta, dynamics: nudged, from: 0 },
        ],
        terms: [
          { phase: 1, coefficient: 1 / (2 * beta) },
          { phase: 2, coefficient: -1 / (2 * beta) },
        ],
      },
    ],
  };
}
