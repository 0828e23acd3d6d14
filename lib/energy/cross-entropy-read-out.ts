import { checkInteger, checkOptions } from '../check.js';
import { type Complex, type ComplexArray, complexZeros } from './complex.js';
import type { ComplexCostGradient, Cost } from './cost.js';
import { addCrossEntropy, complexErrorsOf, errorsOf } from './cross-entropy.js';
import type { ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkGain, checkLayer, checkName, uniform, weightBound } from './part.js';
import { subtractOuter, subtractProduct, subtractTransposed } from './products.js';

/** Options of {@link crossEntropyReadOut}. */
export interface CrossEntropyReadOutOptions {
  /** What its parameters' names begin with. Default: `crossEntropyReadOut`. */
  name?: string | undefined;
  /** Draws the weights from U(±gain / √units). Default: Glorot's U(±√(6 / (units + classes))). */
  gain?: number | undefined;
}

/** C = −Σ_j d_j ln softmax(z)_j, z = Vᵀy + c; made by {@link crossEntropyReadOut}. Its second derivative depends on
 * V and has no bound, so that it says no curvature. */
export class CrossEntropyReadOut implements Cost {
  readonly kind = 'crossEntropyReadOut';
  readonly layer: Layer;
  /** How many there are. */
  readonly classes: number;
  readonly name: string | undefined;
  /** As it was given. */
  readonly gain: number | undefined;
  readonly targetShape: readonly [classes: number];
  readonly parameters: readonly [weight: ParameterSpec, bias: ParameterSpec];
  readonly complex: ComplexCostGradient = {
    stateGradient: (states, targets, parameters, batch, scale, gradient) =>
      this.#complexGradient(states, targets, parameters, batch, scale, gradient),
  };

  constructor(layer: Layer, classes: number, options: CrossEntropyReadOutOptions = {}) {
    options = checkOptions('crossEntropyReadOut options', options, ['name', 'gain']);
    this.layer = checkLayer('crossEntropyReadOut layer', layer);
    this.classes = checkInteger('crossEntropyReadOut classes', classes, 1);
    this.name = checkName('crossEntropyReadOut', options.name);
    this.gain = checkGain('crossEntropyReadOut', options.gain);
    this.targetShape = [classes];
    const initialise = uniform(weightBound(this.gain, layer.size, classes));
    this.parameters = [
      { name: 'weight', shape: [layer.size, classes], initialise },
      { name: 'bias', shape: [classes], initialise: (data) => void data.fill(0) },
    ];
    markPart(this);
  }

  value(
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    cost: Float64Array,
  ): void {
    addCrossEntropy(this.#logits(states, parameters, batch), targets, this.classes, batch, cost);
  }

  stateGradient(
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const error = errorsOf(this.#logits(states, parameters, batch), targets, this.classes);
    for (let k = 0; k < error.length; k++) error[k] *= -scale;
    subtractTransposed(error, parameters[0], batch, this.layer.size, this.classes, gradient);
  }

  parameterGradient(
    parameter: number,
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    scale: Float64Array,
    gradient: Float64Array,
  ): void {
    const { classes } = this;
    const error = errorsOf(this.#logits(states, parameters, batch), targets, classes);
    for (let e = 0; e < batch; e++) {
      for (let k = e * classes; k < (e + 1) * classes; k++) error[k] *= scale[e];
    }
    if (parameter === 0) subtractOuter(states, error, batch, this.layer.size, classes, -1, gradient);
    else for (let k = 0; k < error.length; k++) gradient[k % classes] += error[k];
  }

  /** outputs += the logits z, [batch, classes]. */
  readOut(states: Float64Array, parameters: readonly Float64Array[], batch: number, outputs: Float64Array): void {
    const logits = this.#logits(states, parameters, batch);
    for (let k = 0; k < logits.length; k++) outputs[k] += logits[k];
  }

  #logits(states: Float64Array, [weight, bias]: readonly Float64Array[], batch: number): Float64Array {
    const logits = this.#products(states, weight, batch);
    for (let k = 0; k < logits.length; k++) logits[k] += bias[k % this.classes];
    return logits;
  }

  /** Vᵀy */
  #products(states: Float64Array, weight: Float64Array, batch: number): Float64Array {
    const products = new Float64Array(batch * this.classes);
    subtractProduct(states, weight, batch, this.layer.size, this.classes, products);
    for (let k = 0; k < products.length; k++) products[k] = -products[k];
    return products;
  }

  #complexGradient(
    { re, im }: ComplexArray,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    [a, b]: Complex,
    gradient: ComplexArray,
  ): void {
    const logits = { re: this.#logits(re, parameters, batch), im: this.#products(im, parameters[0], batch) };
    const error = complexErrorsOf(logits, targets, this.classes);
    const scaled = complexZeros(error.re.length);
    for (let k = 0; k < error.re.length; k++) {
      scaled.re[k] = b * error.im[k] - a * error.re[k];
      scaled.im[k] = -(a * error.im[k] + b * error.re[k]);
    }
    subtractTransposed(scaled.re, parameters[0], batch, this.layer.size, this.classes, gradient.re);
    subtractTransposed(scaled.im, parameters[0], batch, this.layer.size, this.classes, gradient.im);
  }
}

/**
 * The cross-entropy of a softmax that reads a layer's state y out but is no part of what settles: logits z = Vᵀy + c,
 * C = −Σ_j d_j ln softmax(z)_j (Laborieux et al. 2021, "Scaling equilibrium propagation to deep convnets by drastically
 * reducing its gradient estimator bias"). The target d is one number of 0 or above for each class, adding up to 1; what
 * is read out is z. Its parameters are `weight` V, [units, classes], and `bias` c, [classes], which starts at 0; they
 * are learned by ∂C/∂θ at the free state.
 * @throws ArgumentError for anything but a layer, a number of classes that is not a whole number from 1, or a negative
 * gain
 */
export function crossEntropyReadOut(
  layer: Layer,
  classes: number,
  options?: CrossEntropyReadOutOptions,
): CrossEntropyReadOut {
  return new CrossEntropyReadOut(layer, classes, options);
}
