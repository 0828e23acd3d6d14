import { checkBoolean, checkOptions } from '../check.js';
import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/** Options of {@link vectorField}. */
export interface VectorFieldOptions extends EstimatorOptions {
  /** Whether −β is settled, too, and half of the change between the two counts. Default true. */
  centered?: boolean | undefined;
}

/**
 * For forces without an energy, such as `untied` weights: −(∂force/∂θ at s⁰) · (s^β − s⁰) / β, for a weight the activity before
 * it times the change behind it (Scellier et al. 2018, equation 9). With symmetric weights it is the gradient of
 * `positive`, or `centered`, as β goes to 0; the more the weights differ from their transposes, the more it differs.
 * Runs on the javascript engine.
 * @throws ArgumentError for a β that is not above 0
 */
export function vectorField(options: VectorFieldOptions): Estimator {
  options = checkOptions('vectorField options', options, ['beta', 'free', 'nudged', 'centered']);
  const { centered: given = true, ...rest } = options;
  const { beta, free, nudged } = checkEstimatorOptions('vectorField', rest);
  const centered = checkBoolean('vectorField centered', given);
  return {
    name: 'vectorField',
    settings: { beta, free, nudged, centered },
    programs: [{ kind: 'vectorField', beta, free, nudged, centered }],
  };
}
