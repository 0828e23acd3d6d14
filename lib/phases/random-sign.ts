import { checkEstimatorOptions, type Estimator, type EstimatorOptions, oneSided } from './estimator.js';

/**
 * One-sided with the sign of β drawn for every batch, so that the biases of the two signs cancel in the mean: what the
 * authors' code does (Scellier and Bengio 2017, section 5).
 * @throws ArgumentError for a β that is not above 0
 */
export function randomSign(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('randomSign', options);
  return {
    name: 'randomSign',
    settings: { beta, free, nudged },
    programs: [oneSided(beta, free, nudged), oneSided(-beta, free, nudged)],
  };
}
