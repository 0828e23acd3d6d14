import { isFloat32Array, isFloat64Array } from 'node:util/types';
import { checkArray, checkAttached, checkNumber, checkOptions, describe, type Floats } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Cost } from './cost.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer } from './part.js';

/** Options of {@link squaredError}. */
export interface SquaredErrorOptions {
  /** A number of at least 0 for each unit of the layer: how much its error counts. A unit of weight 0 is masked: it
   * is not nudged. Default: 1 for all. */
  weights?: Floats | readonly number[] | undefined;
}

/** C = ½ Σ w_j (y_j − d_j)²; made by {@link squaredError}. */
export class SquaredError implements Cost {
  readonly kind = 'squaredError';
  readonly quadratic = true;
  readonly layer: Layer;
  /** By unit; undefined where all are 1. A copy of what was given. */
  readonly weights: Float64Array | undefined;
  readonly curvature: number | readonly [least: number, most: number];

  constructor(layer: Layer, options: SquaredErrorOptions = {}) {
    options = checkOptions('squaredError options', options, ['weights']);
    this.layer = checkLayer('squaredError layer', layer);
    this.weights = options.weights === undefined ? undefined : checkWeights(options.weights, layer.size);
    this.curvature = this.weights === undefined ? 1 : boundsOf(this.weights);
    markPart(this);
  }

  value(
    states: Float64Array,
    targets: Float64Array,
    _: readonly Float64Array[],
    batch: number,
    cost: Float64Array,
  ): void {
    const { size } = this.layer;
    const { weights } = this;
    for (let e = 0; e < batch; e++) {
      const at = e * size;
      let sum = 0;
      if (weights) for (let j = 0; j < size; j++) sum += weights[j] * (states[at + j] - targets[at + j]) ** 2;
      else for (let j = at; j < at + size; j++) sum += (states[j] - targets[j]) ** 2;
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
    const { size } = this.layer;
    const { weights } = this;
    for (let e = 0; e < batch; e++) {
      const at = e * size;
      if (weights) {
        for (let j = 0; j < size; j++) gradient[at + j] += scale * weights[j] * (states[at + j] - targets[at + j]);
      } else for (let j = at; j < at + size; j++) gradient[j] += scale * (states[j] - targets[j]);
    }
  }
}

function checkWeights(weights: Floats | readonly number[], size: number): Float64Array {
  const floats = isFloat32Array(weights) || isFloat64Array(weights);
  if (floats) checkAttached('squaredError weights', weights);
  const list = floats ? [...weights] : checkArray('squaredError weights', weights);
  if (list.length !== size) {
    throw new ArgumentError(
      `squaredError weights must hold ${size} numbers, one for each unit, but ${describe(weights)} was given`,
      'ERR_SHAPE',
    );
  }
  return Float64Array.from(list, (weight, j) => checkNumber(`squaredError weights[${j}]`, weight, 0));
}

function boundsOf(weights: Float64Array): readonly [least: number, most: number] {
  return Object.freeze([weights.reduce((a, b) => Math.min(a, b)), weights.reduce((a, b) => Math.max(a, b))] as const);
}

/**
 * The squared error C = ½ ‖y − d‖² of a layer's state y and a target d, with the paper's ½ (Scellier and Bengio 2017,
 * equation 5), or ½ Σ w_j (y_j − d_j)² with weights. The authors' code has no ½: its β and its learning rates are half
 * of those here.
 * @throws ArgumentError for anything but a layer, or weights that are not one finite number of at least 0 for each unit
 */
export function squaredError(layer: Layer, options?: SquaredErrorOptions): SquaredError {
  return new SquaredError(layer, options);
}
