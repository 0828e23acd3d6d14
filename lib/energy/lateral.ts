import { checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkGain, checkLayer, checkName, uniform, weightBound } from './part.js';

/** Options of {@link lateral}. */
export interface LateralOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** Draws the weights from U(±gain / √units). Default: Glorot's U(±√(6 / 2 units)). */
  gain?: number | undefined;
}

/** E = −Σ_{i<j} w_ij ρ(s_i) ρ(s_j) within a layer; made by {@link lateral}. */
export class Lateral implements Interaction {
  readonly kind = 'lateral';
  readonly reads = 'activity';
  readonly quadratic = true;
  /** No unit is joined to itself. */
  readonly curvature = 0;
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  /** As it was given. */
  readonly gain: number | undefined;
  readonly parameters: readonly ParameterSpec[];

  constructor(layer: Layer, options: LateralOptions = {}) {
    options = checkOptions('lateral options', options, ['name', 'gain']);
    const { size } = checkLayer('lateral layer', layer);
    if (size === 1) throw new ArgumentError('lateral layer must have two or more units, but it has one');
    this.layers = [layer];
    this.name = checkName('lateral', options.name);
    this.gain = checkGain('lateral', options.gain);
    const initialise = uniform(weightBound(this.gain, size, size));
    this.parameters = [{ name: 'weight', shape: [(size * (size - 1)) / 2], initialise }];
    markPart(this);
  }

  energy([r]: readonly Float64Array[], [w]: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      const end = (e + 1) * size;
      let sum = 0;
      for (let i = e * size, k = 0; i < end; i++) {
        let input = 0;
        for (let j = i + 1; j < end; j++, k++) input += w[k] * r[j];
        sum += r[i] * input;
      }
      energy[e] -= sum;
    }
  }

  stateGradient(
    _layer: number,
    [r]: readonly Float64Array[],
    [w]: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const { size } = this.layers[0];
    for (let e = 0; e < batch; e++) {
      const end = (e + 1) * size;
      for (let i = e * size, k = 0; i < end; i++) {
        const ri = r[i];
        let input = 0;
        for (let j = i + 1; j < end; j++, k++) {
          input += w[k] * r[j];
          gradient[j] -= w[k] * ri;
        }
        gradient[i] -= input;
      }
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
      const end = (e + 1) * size;
      for (let i = e * size, k = 0; i < end; i++) {
        const ri = scale * r[i];
        for (let j = i + 1; j < end; j++, k++) gradient[k] -= ri * r[j];
      }
    }
  }

  /** Σ_{j≠i} |w_ij| of each unit i. */
  coupling(_layer: number, [w]: readonly Float64Array[], out: Float64Array): void {
    const { size } = this.layers[0];
    for (let i = 0, k = 0; i < size; i++) {
      for (let j = i + 1; j < size; j++, k++) {
        const weight = Math.abs(w[k]);
        out[i] += weight;
        out[j] += weight;
      }
    }
  }
}

/**
 * A symmetric connection −Σ_{i<j} w_ij ρ(s_i) ρ(s_j) of the units of one layer with each other, as in Hopfield's
 * networks: the paper's energy on any graph (Scellier and Bengio 2017, equation 1). Its parameter `weight` has the
 * shape [n(n − 1) / 2] for n units: the upper triangle row by row, w₁₂, w₁₃, …, w₂₃, …, so that the weights are
 * symmetric and no unit is joined to itself.
 * @throws ArgumentError for anything but a layer of two or more units, or a negative gain
 */
export function lateral(layer: Layer, options?: LateralOptions): Lateral {
  return new Lateral(layer, options);
}
