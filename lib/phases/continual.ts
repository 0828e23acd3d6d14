import { checkNumber, checkOptions } from '../check.js';
import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/** Options of {@link continual}. */
export interface ContinualOptions extends EstimatorOptions {
  /** What the parameters move by, times their increment, while a gradient is asked for; a training takes its optimizer's
   * rates. Default 0: they stand still, and the gradient is that of `positive`. */
  learningRate?: number | undefined;
  /** Whether the sign of β is drawn for every batch. Default false. */
  randomSign?: boolean | undefined;
}

/**
 * Continual equilibrium propagation: the parameters move at every step of the nudged phase, by (∂E(s_{t+1}) − ∂E(s_t)) / β,
 * so that nothing of the free phase need be stored (Ernoult et al. 2020, equation 8). Takes smaller rates than the others,
 * as the nudged phase works with parameters that have moved already. An optimizer's decay acts once a batch.
 * Runs on the javascript engine.
 * @throws ArgumentError for a β that is not above 0, or a negative rate
 */
export function continual(options: ContinualOptions): Estimator {
  options = checkOptions('continual options', options, ['beta', 'free', 'nudged', 'learningRate', 'randomSign']);
  const { learningRate: given = 0, randomSign = false, ...rest } = options;
  const { beta, free, nudged } = checkEstimatorOptions('continual', rest);
  const learningRate = checkNumber('continual learningRate', given, 0);
  const signs = randomSign ? [1, -1] : [1];
  return {
    name: 'continual',
    settings: { beta, free, nudged, learningRate, randomSign },
    programs: signs.map((sign) => ({ kind: 'continual', beta: sign * beta, free, nudged, learningRate })),
  };
}
