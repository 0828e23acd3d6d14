import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/**
 * The update as plasticity in time: along the nudged phase, dW_ij/dt ∝ ρ(s_i) dρ(s_j)/dt + ρ(s_j) dρ(s_i)/dt, integrated by
 * the midpoint rule (Scellier and Bengio 2017, section 3.3; Bengio et al. 2017 on its likeness to spike-timing-dependent
 * plasticity). At the phase's end this is the contrast of `positive`, to rounding where E is quadratic in activities.
 * Runs on the javascript engine.
 * @throws ArgumentError for a β that is not above 0
 */
export function plasticity(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('plasticity', options);
  return {
    name: 'plasticity',
    settings: { beta, free, nudged },
    programs: [{ kind: 'plasticity', beta, free, nudged }],
  };
}
