import { checkInstance, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkGain, checkName, checkPair, uniform, weightBound } from './part.js';
import { subtractOuter, subtractProduct, subtractTransposed } from './products.js';

/** Options of {@link dense}. */
export interface DenseOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** Draws the weights from U(±gain / √(units of `pre`)). Default: Glorot's U(±√(6 / (units of both)))
   * (Glorot and Bengio 2010), as in the paper. */
  gain?: number | undefined;
  /** Another connection between layers of the same sizes, whose weights this one has, too. Default: weights of its
   * own. */
  share?: Dense | undefined;
}

/** E = −ρ(pre)ᵀ W ρ(post); made by {@link dense}. */
export class Dense implements Interaction {
  readonly kind = 'dense';
  readonly reads = 'activity';
  readonly linear = true;
  readonly quadratic = true;
  readonly layers: readonly [pre: Layer, post: Layer];
  readonly name: string | undefined;
  /** As it was given, or that of the weights that it shares. */
  readonly gain: number | undefined;
  readonly parameters: readonly ParameterSpec[];

  constructor(pre: Layer, post: Layer, options: DenseOptions = {}) {
    options = checkOptions('dense options', options, ['name', 'gain', 'share']);
    this.layers = checkPair('dense', pre, post);
    this.name = checkName('dense', options.name);
    this.gain = checkGain('dense', options.gain);
    if (options.share === undefined) {
      const initialise = uniform(weightBound(this.gain, pre.size, post.size));
      this.parameters = [{ name: 'weight', shape: [pre.size, post.size], initialise }];
    } else {
      const share = checkShare(options.share, this);
      this.gain = share.gain;
      this.parameters = share.parameters;
    }
    markPart(this);
  }

  energy([a, b]: readonly Float64Array[], [w]: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let i = 0; i < m; i++) {
        let input = 0;
        for (let j = 0; j < n; j++) input += w[i * n + j] * b[e * n + j];
        sum += a[e * m + i] * input;
      }
      energy[e] -= sum;
    }
  }

  stateGradient(
    layer: number,
    [a, b]: readonly Float64Array[],
    [w]: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    if (layer === 1) subtractProduct(a, w, batch, m, n, gradient);
    else subtractTransposed(b, w, batch, m, n, gradient);
  }

  parameterGradient(
    _parameter: number,
    [a, b]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    subtractOuter(a, b, batch, this.layers[0].size, this.layers[1].size, scale, gradient);
  }
}

function checkShare(share: Dense, { layers, gain }: Dense): Dense {
  checkInstance('dense share', share, Dense, 'a connection made by dense');
  if (gain !== undefined) {
    throw new ArgumentError(
      'dense must be given gain or share, not both: shared weights are drawn once, by their owner',
    );
  }
  const sizesOf = (pair: readonly Layer[]) => pair.map(({ size }) => size).join(' and ');
  if (sizesOf(share.layers) !== sizesOf(layers)) {
    throw new ArgumentError(
      `dense share must join layers of ${sizesOf(layers)} units, but one of ${sizesOf(share.layers)} was given`,
      'ERR_SHAPE',
    );
  }
  return share;
}

/**
 * A symmetric connection −ρ(pre)ᵀ W ρ(post) of every unit of one layer with every unit of another (Scellier and Bengio
 * 2017, equation 1): the same weights carry activity both ways. Its parameter `weight` has the shape [units of pre,
 * units of post]; with `share` it is the other connection's, under the name of the first that has it.
 * @throws ArgumentError for anything but two different layers, a negative gain, or a `share` of other sizes or besides
 * a gain
 */
export function dense(pre: Layer, post: Layer, options?: DenseOptions): Dense {
  return new Dense(pre, post, options);
}
