import { checkInstance } from '../check.js';
import type { Cost } from './cost.js';
import { Layer } from './layer.js';

/** C = ½ ‖y − d‖²; made by {@link squaredError}. */
export class SquaredError implements Cost {
  readonly kind = 'squaredError';
  readonly curvature = 1;
  readonly quadratic = true;
  readonly layer: Layer;

  constructor(layer: Layer) {
    this.layer = checkInstance('squaredError layer', layer, Layer, 'a layer');
  }

  value(
    states: Float64Array,
    targets: Float64Array,
    _: readonly Float64Array[],
    batch: number,
    cost: Float64Array,
  ): void {
    const { size } = this.layer;
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = e * size; j < (e + 1) * size; j++) sum += (states[j] - targets[j]) ** 2;
      cost[e] += 0.5 * sum;
    }
  }

  stateGradient(
    states: Float64Array,
    targets: Float64Array,
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    for (let j = 0; j < batch * this.layer.size; j++) gradient[j] += scale * (states[j] - targets[j]);
  }
}

/**
 * The squared error C = ½ ‖y − d‖² of a layer's state y and a target d, with the paper's ½ (Scellier and Bengio 2017,
 * equation 5). The authors' code has no ½: its β and its learning rates are half of those here.
 * @throws ArgumentError for anything but a layer
 */
export function squaredError(layer: Layer): SquaredError {
  return new SquaredError(layer);
}
