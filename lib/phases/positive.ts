import { checkEstimatorOptions, type Estimator, type EstimatorOptions, oneSided } from './estimator.js';

/**
 * The paper's estimator: settle freely, settle nudged by +β; (∂E(s^β) − ∂E(s⁰)) / β (Scellier and Bengio 2017, theorem 1).
 * Its bias falls in proportion to β.
 * @throws ArgumentError for a β that is not above 0
 */
export function positive(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('positive', options);
  return { name: 'positive', settings: { beta, free, nudged }, programs: [oneSided(beta, free, nudged)] };
}
