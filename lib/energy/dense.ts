import { checkInstance, checkNumber, checkOptions, checkString } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import { Layer } from './layer.js';

export interface DenseOptions {
  name?: string;
  /** Draws the weights from U(±gain / √(units of `pre`)). Default: Glorot's U(±√(6 / (units of both)))
   * (Glorot and Bengio 2010), as in the paper. */
  gain?: number;
}

/** E = −ρ(pre)ᵀ W ρ(post); made by {@link dense}. The loops run along rows of W, four at a time, so that a number
 * that was loaded is used more than once. */
export class Dense implements Interaction {
  readonly kind = 'dense';
  readonly reads = 'activity';
  readonly linear = true;
  readonly quadratic = true;
  readonly layers: readonly [pre: Layer, post: Layer];
  readonly name: string | undefined;
  readonly gain: number | undefined;
  readonly parameters: readonly ParameterSpec[];

  constructor(pre: Layer, post: Layer, options: DenseOptions = {}) {
    checkOptions('dense options', options, ['name', 'gain']);
    this.layers = [
      checkInstance('dense pre', pre, Layer, 'a layer'),
      checkInstance('dense post', post, Layer, 'a layer'),
    ];
    if (pre === post) throw new ArgumentError('dense must join two different layers, but one was given twice');
    this.name = options.name === undefined ? undefined : checkString('dense name', options.name);
    this.gain = options.gain === undefined ? undefined : checkNumber('dense gain', options.gain, 0);
    const bound = this.gain === undefined ? Math.sqrt(6 / (pre.size + post.size)) : this.gain / Math.sqrt(pre.size);
    this.parameters = [
      {
        name: 'weight',
        shape: [pre.size, post.size],
        initialise(data, random) {
          for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.uniform() - 1);
        },
      },
    ];
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

/** out[e, j] −= Σ_i a[e, i] w[i, j]. Four rows of w stay in the first-level cache while the examples run past. */
function subtractProduct(
  a: Float64Array,
  w: Float64Array,
  batch: number,
  m: number,
  n: number,
  out: Float64Array,
): void {
  const whole = m - (m % 4);
  for (let i = 0; i < whole; i += 4) {
    const [w0, w1, w2, w3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    for (let e = 0; e < batch; e++) {
      const [a0, a1, a2, a3] = [a[e * m + i], a[e * m + i + 1], a[e * m + i + 2], a[e * m + i + 3]];
      const at = e * n;
      for (let j = 0; j < n; j++) out[at + j] -= a0 * w[w0 + j] + a1 * w[w1 + j] + a2 * w[w2 + j] + a3 * w[w3 + j];
    }
  }
  for (let i = whole; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      const [a0, at] = [a[e * m + i], e * n];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * w[i * n + j];
    }
  }
}

/** out[e, i] −= Σ_j w[i, j] b[e, j]. Four sums at a time, as one sum would wait for its own last addition. */
function subtractTransposed(
  b: Float64Array,
  w: Float64Array,
  batch: number,
  m: number,
  n: number,
  out: Float64Array,
): void {
  const whole = m - (m % 4);
  for (let i = 0; i < whole; i += 4) {
    const [w0, w1, w2, w3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
    for (let e = 0; e < batch; e++) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      const at = e * n;
      for (let j = 0; j < n; j++) {
        const x = b[at + j];
        s0 += x * w[w0 + j];
        s1 += x * w[w1 + j];
        s2 += x * w[w2 + j];
        s3 += x * w[w3 + j];
      }
      out[e * m + i] -= s0;
      out[e * m + i + 1] -= s1;
      out[e * m + i + 2] -= s2;
      out[e * m + i + 3] -= s3;
    }
  }
  for (let i = whole; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += b[e * n + j] * w[i * n + j];
      out[e * m + i] -= sum;
    }
  }
}

/** out[i, j] −= scale · Σ_e a[e, i] b[e, j]. */
function subtractOuter(
  a: Float64Array,
  b: Float64Array,
  batch: number,
  m: number,
  n: number,
  scale: number,
  out: Float64Array,
): void {
  const whole = batch - (batch % 4);
  for (let i = 0; i < m; i++) {
    const at = i * n;
    for (let e = 0; e < whole; e += 4) {
      const a0 = scale * a[e * m + i];
      const a1 = scale * a[(e + 1) * m + i];
      const a2 = scale * a[(e + 2) * m + i];
      const a3 = scale * a[(e + 3) * m + i];
      const [b0, b1, b2, b3] = [e * n, (e + 1) * n, (e + 2) * n, (e + 3) * n];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
    }
    for (let e = whole; e < batch; e++) {
      const a0 = scale * a[e * m + i];
      for (let j = 0; j < n; j++) out[at + j] -= a0 * b[e * n + j];
    }
  }
}

/**
 * A symmetric connection −ρ(pre)ᵀ W ρ(post) of every unit of one layer with every unit of another (Scellier and Bengio
 * 2017, equation 1): the same weights carry activity both ways. Its parameter `weight` has the shape
 * [units of pre, units of post].
 * @throws ArgumentError for anything but two different layers, or a negative gain
 */
export function dense(pre: Layer, post: Layer, options?: DenseOptions): Dense {
  return new Dense(pre, post, options);
}
