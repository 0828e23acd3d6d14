import { checkOptions } from '../check.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer, checkName } from './part.js';

/** E = −Σ b ρ(s); made by {@link bias}. */
export class Bias implements Interaction {
  readonly kind = 'bias';
  readonly reads = 'activity';
  readonly linear = true;
  readonly quadratic = true;
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  readonly parameters: readonly ParameterSpec[];

  constructor(layer: Layer, options: { name?: string } = {}) {
    options = checkOptions('bias options', options, ['name']);
    this.layers = [checkLayer('bias layer', layer)];
    this.name = checkName('bias', options.name);
    this.parameters = [{ name: 'bias', shape: layer.shape, initialise: (data) => void data.fill(0) }];
    markPart(this);
  }

  energy([r]: readonly Float64Array[], [b]: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += b[j] * r[e * size + j];
      energy[e] -= sum;
    }
  }

  stateGradient(
    _layer: number,
    _values: readonly Float64Array[],
    [b]: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      for (let j = 0; j < size; j++) gradient[e * size + j] -= b[j];
    }
  }

  parameterGradient(
    _parameter: number,
    [r]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      for (let j = 0; j < size; j++) gradient[j] -= scale * r[e * size + j];
    }
  }
}

/**
 * The bias −Σ b ρ(s) of a layer (Scellier and Bengio 2017, equation 1). Its parameter `bias` has the layer's shape and
 * starts at 0.
 * @throws ArgumentError for anything but a layer
 */
export function bias(layer: Layer, options?: { name?: string }): Bias {
  return new Bias(layer, options);
}
