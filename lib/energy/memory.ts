import { checkInteger, checkOptions, checkPositive } from '../check.js';
import { type Complex, type ComplexArray, complexZeros } from './complex.js';
import type { ComplexGradients, Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkGain, checkLayer, checkName, uniform, weightBound } from './part.js';
import { subtractOuter, subtractProduct, subtractTransposed } from './products.js';
import { complexSoftmax, logSumExp, softmax } from './softmax.js';

/** Options of {@link memory}. */
export interface MemoryOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** κ: the higher, the more the nearest pattern alone pulls. Default 1. */
  sharpness?: number | undefined;
  /** Draws the patterns from U(±gain / √units). Default: Glorot's U(±√(6 / (units + patterns))). */
  gain?: number | undefined;
}

/** E = −(1/κ) ln Σ_p exp(κ m_pᵀ ρ(s)); made by {@link memory}. */
export class Memory implements Interaction {
  readonly kind = 'memory';
  readonly reads = 'activity';
  /** The energy is concave, its second derivative nowhere above 0: that bounds a unit's curvature, and what the
   * units of the layer add to each other's when they move together, so that there is no `coupling`. */
  readonly curvature = 0;
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  /** How many there are. */
  readonly patterns: number;
  /** κ */
  readonly sharpness: number;
  /** As it was given. */
  readonly gain: number | undefined;
  readonly parameters: readonly ParameterSpec[];
  readonly complex: ComplexGradients = {
    stateGradient: (_layer, [r], [m], batch, gradient) => this.#complexStateGradient(r, m, batch, gradient),
    parameterGradient: (_parameter, [r], [m], batch, scale, gradient) =>
      this.#complexParameterGradient(r, m, batch, scale, gradient),
  };

  constructor(layer: Layer, patterns: number, options: MemoryOptions = {}) {
    options = checkOptions('memory options', options, ['name', 'sharpness', 'gain']);
    const { size } = checkLayer('memory layer', layer);
    this.layers = [layer];
    this.patterns = checkInteger('memory patterns', patterns, 1);
    this.name = checkName('memory', options.name);
    this.sharpness = checkPositive('memory sharpness', options.sharpness ?? 1);
    this.gain = checkGain('memory', options.gain);
    const initialise = uniform(weightBound(this.gain, size, patterns));
    this.parameters = [{ name: 'pattern', shape: [patterns, size], initialise }];
    markPart(this);
  }

  energy([r]: readonly Float64Array[], [m]: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const overlaps = this.#overlaps(r, m, batch);
    for (let e = 0; e < batch; e++) {
      energy[e] -= logSumExp(overlaps, e * this.patterns, this.patterns) / this.sharpness;
    }
  }

  stateGradient(
    _layer: number,
    [r]: readonly Float64Array[],
    [m]: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const shares = this.#overlaps(r, m, batch);
    softmax(shares, this.patterns);
    subtractProduct(shares, m, batch, this.patterns, this.layers[0].size, gradient);
  }

  parameterGradient(
    _parameter: number,
    [r]: readonly Float64Array[],
    [m]: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const shares = this.#overlaps(r, m, batch);
    softmax(shares, this.patterns);
    subtractOuter(shares, r, batch, this.patterns, this.layers[0].size, scale, gradient);
  }

  /** κ m_pᵀ r, [batch, patterns] */
  #overlaps(r: Float64Array, m: Float64Array, batch: number): Float64Array {
    const overlaps = new Float64Array(batch * this.patterns);
    subtractTransposed(r, m, batch, this.patterns, this.layers[0].size, overlaps);
    for (let k = 0; k < overlaps.length; k++) overlaps[k] *= -this.sharpness;
    return overlaps;
  }

  #complexShares({ re, im }: ComplexArray, m: Float64Array, batch: number): ComplexArray {
    const shares = { re: this.#overlaps(re, m, batch), im: this.#overlaps(im, m, batch) };
    complexSoftmax(shares, this.patterns);
    return shares;
  }

  #complexStateGradient(r: ComplexArray, m: Float64Array, batch: number, gradient: ComplexArray): void {
    const shares = this.#complexShares(r, m, batch);
    subtractProduct(shares.re, m, batch, this.patterns, this.layers[0].size, gradient.re);
    subtractProduct(shares.im, m, batch, this.patterns, this.layers[0].size, gradient.im);
  }

  #complexParameterGradient(
    r: ComplexArray,
    m: Float64Array,
    batch: number,
    [a, b]: Complex,
    gradient: ComplexArray,
  ): void {
    const { size } = this.layers[0];
    const shares = this.#complexShares(r, m, batch);
    const scaled = complexZeros(shares.re.length);
    for (let k = 0; k < scaled.re.length; k++) {
      scaled.re[k] = a * shares.re[k] - b * shares.im[k];
      scaled.im[k] = a * shares.im[k] + b * shares.re[k];
    }
    subtractOuter(scaled.re, r.re, batch, this.patterns, size, 1, gradient.re);
    subtractOuter(scaled.im, r.im, batch, this.patterns, size, -1, gradient.re);
    subtractOuter(scaled.re, r.im, batch, this.patterns, size, 1, gradient.im);
    subtractOuter(scaled.im, r.re, batch, this.patterns, size, 1, gradient.im);
  }
}

/**
 * An associative memory −(1/κ) ln Σ_p exp(κ m_pᵀ ρ(s)), which pulls a layer towards the pattern m_p that it resembles
 * most: the modern Hopfield network (Ramsauer et al. 2020; Krotov and Hopfield 2020, model B). With a leak, its force
 * is attention over the patterns. Its parameter `pattern` has the shape [patterns, units].
 * @throws ArgumentError for anything but a layer, a number of patterns that is not a whole number from 1, a sharpness
 * that is not above 0, or a negative gain
 */
export function memory(layer: Layer, patterns: number, options?: MemoryOptions): Memory {
  return new Memory(layer, patterns, options);
}
