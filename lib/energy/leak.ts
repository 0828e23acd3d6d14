import { checkOptions, checkPositive } from '../check.js';
import type { Interaction } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer, checkName } from './part.js';

/** Options of {@link leak}. */
export interface LeakOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** The factor λ. Default 1. */
  strength?: number | undefined;
}

/** E = ½ λ Σ s², which pulls a layer's states to 0; made by {@link leak}. */
export class Leak implements Interaction {
  readonly kind = 'leak';
  readonly reads = 'state';
  readonly quadratic = true;
  readonly parameters = [];
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  /** λ */
  readonly strength: number;
  readonly curvature: number;

  constructor(layer: Layer, options: LeakOptions = {}) {
    options = checkOptions('leak options', options, ['name', 'strength']);
    this.layers = [checkLayer('leak layer', layer)];
    this.name = checkName('leak', options.name);
    this.strength = checkPositive('leak strength', options.strength ?? 1);
    this.curvature = this.strength;
    markPart(this);
  }

  energy([s]: readonly Float64Array[], _: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = e * size; j < (e + 1) * size; j++) sum += s[j] * s[j];
      energy[e] += 0.5 * this.strength * sum;
    }
  }

  stateGradient(
    _layer: number,
    [s]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const { strength } = this;
    for (let j = 0; j < batch * this.layers[0].size; j++) gradient[j] += strength * s[j];
  }

  parameterGradient(): void {}
}

/**
 * The leak ½ λ Σ s² of a layer: the first term of the paper's energy (Scellier and Bengio 2017, equation 1).
 * @throws ArgumentError for anything but a layer, or a strength that is not above 0
 */
export function leak(layer: Layer, options?: LeakOptions): Leak {
  return new Leak(layer, options);
}
