import { checkArray, checkFloats, checkOptions, type Floats } from '../check.js';
import { angleBetween } from './angle.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkGain, checkName, checkPair, uniform, weightBound } from './part.js';
import { subtractOuter, subtractProduct } from './products.js';

/** Options of {@link untied}. */
export interface UntiedOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** Draws both weights from U(±gain / √(units of `pre`)). Default: Glorot's U(±√(6 / (units of both))). Both as in
   * `dense`. */
  gain?: number | undefined;
}

/** Forces without an energy: forwardᵀ ρ(pre) on post, backwardᵀ ρ(post) on pre; made by {@link untied}. */
export class Untied implements Interaction {
  readonly kind = 'untied';
  readonly reads = 'activity';
  readonly linear = true;
  readonly quadratic = true;
  readonly entersForceOn = [1, 0] as const;
  readonly layers: readonly [pre: Layer, post: Layer];
  readonly name: string | undefined;
  /** As it was given. */
  readonly gain: number | undefined;
  readonly parameters: readonly [forward: ParameterSpec, backward: ParameterSpec];

  constructor(pre: Layer, post: Layer, options: UntiedOptions = {}) {
    options = checkOptions('untied options', options, ['name', 'gain']);
    this.layers = checkPair('untied', pre, post);
    this.name = checkName('untied', options.name);
    this.gain = checkGain('untied', options.gain);
    const initialise = uniform(weightBound(this.gain, pre.size, post.size));
    this.parameters = [
      { name: 'forward', shape: [pre.size, post.size], initialise },
      { name: 'backward', shape: [post.size, pre.size], initialise },
    ];
    markPart(this);
  }

  /** There is none. So that a number can be shown, the energy −½ ρ(pre)ᵀ (forward + backwardᵀ) ρ(post) of the
   * symmetric part, to which alone the forces belong where backward is forward's transpose. */
  energy(
    [a, b]: readonly Float64Array[],
    [forward, backward]: readonly Float64Array[],
    batch: number,
    energy: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let i = 0; i < m; i++) {
        let input = 0;
        for (let j = 0; j < n; j++) input += forward[i * n + j] * b[e * n + j];
        sum += a[e * m + i] * input;
      }
      for (let j = 0; j < n; j++) {
        let input = 0;
        for (let i = 0; i < m; i++) input += backward[j * m + i] * a[e * m + i];
        sum += b[e * n + j] * input;
      }
      energy[e] -= 0.5 * sum;
    }
  }

  /** Minus the force on the layer. */
  stateGradient(
    layer: number,
    [a, b]: readonly Float64Array[],
    [forward, backward]: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    if (layer === 1) subtractProduct(a, forward, batch, m, n, gradient);
    else subtractProduct(b, backward, batch, n, m, gradient);
  }

  /** The derivative of −ρ(pre)ᵀ forward ρ(post), or of the same with backward: of minus a force times what it acts on. */
  parameterGradient(
    parameter: number,
    [a, b]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    if (parameter === 0) subtractOuter(a, b, batch, m, n, scale, gradient);
    else subtractOuter(b, a, batch, n, m, scale, gradient);
  }

  /**
   * The angle between forward and backward's transpose, in degrees: 0 where the weights are symmetric, near 90 where
   * they were just drawn. How it falls in a training is how far the weights align.
   * @throws ArgumentError for values that are not finite floats of the parameters' sizes
   */
  angle(weights: readonly [forward: Floats, backward: Floats]): number {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    const [first, second] = checkArray('angle weights', weights);
    const forward = checkFloats('angle forward', first, m * n, `${m} · ${n}`);
    const backward = checkFloats('angle backward', second, n * m, `${n} · ${m}`);
    const transposed = new Float64Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) transposed[i * n + j] = backward[j * m + i];
    }
    return angleBetween(forward, transposed);
  }
}

/**
 * A connection of two layers whose weights are not the same both ways: the force on post is forwardᵀ ρ(pre), that on
 * pre backwardᵀ ρ(post) (Scellier et al. 2018, "Generalization of equilibrium propagation to vector field dynamics").
 * Such forces come from no energy, unless backward is forward's transpose; the estimator `vectorField` learns both
 * weights. Its parameters are `forward`, [units of pre, units of post], and `backward`, [units of post, units of pre],
 * drawn independently.
 * @throws ArgumentError for anything but two different layers, or a negative gain
 */
export function untied(pre: Layer, post: Layer, options?: UntiedOptions): Untied {
  return new Untied(pre, post, options);
}
