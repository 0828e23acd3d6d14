import { checkEstimatorOptions, type Estimator, type EstimatorOptions, oneSided } from './estimator.js';

/**
 * Settle freely, settle nudged by −β; (∂E(s⁰) − ∂E(s^−β)) / β. Its bias falls in proportion to β, with the sign
 * opposite to that of the positive estimator's.
 * @throws ArgumentError for a β that is not above 0
 */
export function negative(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('negative', options);
  return { name: 'negative', settings: { beta, free, nudged }, programs: [oneSided(-beta, free, nudged)] };
}
