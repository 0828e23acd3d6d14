import type { Complex, ComplexArray } from './complex.js';
import type { ComplexCostGradient, Cost } from './cost.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer } from './part.js';
import { complexSoftmax, logSumExp, softmax } from './softmax.js';

/** C = −Σ_j d_j ln softmax(y)_j; made by {@link crossEntropy}. */
export class CrossEntropy implements Cost {
  readonly kind = 'crossEntropy';
  /** Of diag(p) − ppᵀ, the second derivative, no eigenvalue is above ½ (Böhning 1992). */
  readonly curvature = Object.freeze([0, 0.5] as const);
  readonly layer: Layer;
  readonly complex: ComplexCostGradient = {
    stateGradient: (states, targets, _parameters, batch, scale, gradient) =>
      this.#complexGradient(states, targets, batch, scale, gradient),
  };

  constructor(layer: Layer) {
    this.layer = checkLayer('crossEntropy layer', layer);
    markPart(this);
  }

  value(
    states: Float64Array,
    targets: Float64Array,
    _: readonly Float64Array[],
    batch: number,
    cost: Float64Array,
  ): void {
    addCrossEntropy(states, targets, this.layer.size, batch, cost);
  }

  stateGradient(
    states: Float64Array,
    targets: Float64Array,
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const count = batch * this.layer.size;
    const error = errorsOf(states.slice(0, count), targets, this.layer.size);
    for (let j = 0; j < count; j++) gradient[j] += scale * error[j];
  }

  #complexGradient(
    { re, im }: ComplexArray,
    targets: Float64Array,
    batch: number,
    [a, b]: Complex,
    gradient: ComplexArray,
  ): void {
    const count = batch * this.layer.size;
    const error = complexErrorsOf({ re: re.slice(0, count), im: im.slice(0, count) }, targets, this.layer.size);
    for (let j = 0; j < count; j++) {
      gradient.re[j] += a * error.re[j] - b * error.im[j];
      gradient.im[j] += a * error.im[j] + b * error.re[j];
    }
  }
}

/** cost[e] += −Σ_j d_j ln softmax(z)_j of each row of logits z, [batch, width]. */
export function addCrossEntropy(
  logits: Float64Array,
  targets: Float64Array,
  width: number,
  batch: number,
  cost: Float64Array,
): void {
  for (let e = 0; e < batch; e++) {
    const at = e * width;
    const norm = logSumExp(logits, at, width);
    let sum = 0;
    for (let j = at; j < at + width; j++) sum += targets[j] * (norm - logits[j]);
    cost[e] += sum;
  }
}

/** Turns logits into the derivative by them, softmax(z) Σd − d, row by row, and returns it. */
export function errorsOf(logits: Float64Array, targets: Float64Array, width: number): Float64Array {
  softmax(logits, width);
  for (let at = 0; at < logits.length; at += width) {
    const total = sumOf(targets, at, width);
    for (let j = at; j < at + width; j++) logits[j] = logits[j] * total - targets[j];
  }
  return logits;
}

/** The same of complex logits. */
export function complexErrorsOf(logits: ComplexArray, targets: Float64Array, width: number): ComplexArray {
  complexSoftmax(logits, width);
  const { re, im } = logits;
  for (let at = 0; at < re.length; at += width) {
    const total = sumOf(targets, at, width);
    for (let j = at; j < at + width; j++) {
      re[j] = re[j] * total - targets[j];
      im[j] *= total;
    }
  }
  return logits;
}

function sumOf(x: Float64Array, at: number, width: number): number {
  let sum = 0;
  for (let j = at; j < at + width; j++) sum += x[j];
  return sum;
}

/**
 * The cross-entropy C = −Σ_j d_j ln softmax(y)_j of a layer's state y, taken as logits, and a target d whose numbers
 * are 0 or above and add up to 1. The layer should be `linear`, as logits have no bounds. For a softmax that is no part
 * of the settled state see {@link crossEntropyReadOut}.
 * @throws ArgumentError for anything but a layer
 */
export function crossEntropy(layer: Layer): CrossEntropy {
  return new CrossEntropy(layer);
}
