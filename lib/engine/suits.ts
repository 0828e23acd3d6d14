import { activations } from '../energy/activation.js';
import { curvatureOf } from '../energy/curvature.js';
import { ArgumentError } from '../errors.js';
import type { Phase } from '../phases/estimator.js';
import type { Problem } from './engine.js';

/**
 * Refuses dynamics that an energy does not allow: `fixedPoint` and `coordinateDescent` go to each layer's minimiser of F,
 * which must exist and be known. `name` is the argument.
 * @throws ArgumentError where F is not quadratic in a layer, or not curved upwards under the nudge
 */
export function checkSuits(name: string, { energy, cost, output }: Problem, { dynamics, beta }: Phase): void {
  if (dynamics.kind === 'euler') return;
  for (const [layerName, layer] of energy.layers) {
    if (layer.clamped) continue;
    const curvature = curvatureOf(energy, layer);
    const nudged = layer === output && beta !== 0;
    if (curvature === undefined || (nudged && cost.curvature === undefined)) {
      throw new ArgumentError(
        `${name} cannot be ${dynamics.kind}, as F is not quadratic in '${layerName}': take euler`,
      );
    }
    if (dynamics.kind === 'coordinateDescent' && !activations[layer.activation].identity) {
      throw new ArgumentError(
        `${name} cannot be coordinateDescent, as '${layerName}' has the activation ${layer.activation}: take fixedPoint or euler`,
      );
    }
    const total = curvature + (nudged ? beta * (cost.curvature ?? 0) : 0);
    if (total <= 0) {
      throw new ArgumentError(
        `${name} cannot be ${dynamics.kind}, as F has curvature ${total} in '${layerName}' at beta ${beta}, which must be above 0: lower beta, give the layer a leak, or take euler`,
      );
    }
  }
}
