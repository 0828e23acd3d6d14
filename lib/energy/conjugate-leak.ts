import { checkChoice, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import { activations } from './activation.js';
import { type Complex, type ComplexArray, logarithm } from './complex.js';
import type { ComplexGradients, Interaction } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkLayer, checkName } from './part.js';

/** The σ whose inverse a {@link conjugateLeak} is made of. */
export type ConjugateActivation = 'sigmoid' | 'tanh';

/** How near to the ends of σ's image σ⁻¹ is still taken, so that a state at an end has a finite derivative. */
const MARGIN = 1e-12;

/** x ln x, and its limit 0 at 0. */
const entropy = (x: number) => (x > 0 ? x * Math.log(x) : 0);

/** σ's image, G and G′ = σ⁻¹. */
const conjugates = {
  sigmoid: {
    image: [0, 1],
    value: (s: number) => entropy(s) + entropy(1 - s),
    inverse: (s: number) => Math.log(s) - Math.log1p(-s),
    complexInverse([a, b]: Complex): Complex {
      const [above, below] = [logarithm([a, b]), logarithm([1 - a, -b])];
      return [above[0] - below[0], above[1] - below[1]];
    },
  },
  tanh: {
    image: [-1, 1],
    value: (s: number) => (entropy(1 + s) + entropy(1 - s)) / 2, // s atanh s + ½ ln(1 − s²)
    inverse: Math.atanh,
    complexInverse([a, b]: Complex): Complex {
      const [above, below] = [logarithm([1 + a, b]), logarithm([1 - a, -b])];
      return [(above[0] - below[0]) / 2, (above[1] - below[1]) / 2];
    },
  },
} as const;

/** E = Σ G(s), G′ = σ⁻¹; made by {@link conjugateLeak}. */
export class ConjugateLeak implements Interaction {
  readonly kind = 'conjugateLeak';
  readonly reads = 'state';
  readonly parameters = [];
  readonly layers: readonly [Layer];
  readonly name: string | undefined;
  /** σ */
  readonly activation: ConjugateActivation;
  /** σ itself: G′(s) = x where s = σ(x). */
  readonly response: (x: number) => number;
  readonly complex: ComplexGradients;

  constructor(layer: Layer, activation: ConjugateActivation, options: { name?: string } = {}) {
    options = checkOptions('conjugateLeak options', options, ['name']);
    this.layers = [checkLayer('conjugateLeak layer', layer)];
    this.activation = checkConjugate(layer, activation);
    this.name = checkName('conjugateLeak', options.name);
    const { value, complex } = activations[activation];
    this.response = value;
    this.complex = {
      stateGradient: (_layer, [s], _parameters, batch, gradient) => this.#complexGradient(s, batch, gradient),
      parameterGradient() {},
      ...(complex && { response: complex.value }),
    };
    markPart(this);
  }

  energy([s]: readonly Float64Array[], _: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const { size } = this.layers[0];
    const { value } = conjugates[this.activation];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let j = e * size; j < (e + 1) * size; j++) sum += value(s[j]);
      energy[e] += sum;
    }
  }

  stateGradient(
    _layer: number,
    [s]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const count = batch * this.layers[0].size;
    for (let j = 0; j < count; j++) gradient[j] += this.#slope(s[j]);
  }

  parameterGradient(): void {}

  #slope(s: number): number {
    const { image, inverse } = conjugates[this.activation];
    return inverse(Math.min(Math.max(s, image[0] + MARGIN), image[1] - MARGIN));
  }

  #complexGradient({ re, im }: ComplexArray, batch: number, gradient: ComplexArray): void {
    const { complexInverse } = conjugates[this.activation];
    const count = batch * this.layers[0].size;
    for (let j = 0; j < count; j++) {
      if (im[j] === 0) {
        gradient.re[j] += this.#slope(re[j]); // finite at the ends of the image, where states may start
        continue;
      }
      const [a, b] = complexInverse([re[j], im[j]]);
      gradient.re[j] += a;
      gradient.im[j] += b;
    }
  }
}

function checkConjugate(layer: Layer, activation: ConjugateActivation): ConjugateActivation {
  if ((activation as string) === 'hardSigmoid') {
    throw new ArgumentError(
      "conjugateLeak activation must be sigmoid or tanh, but 'hardSigmoid' was given: leak(layer) is its conjugate, on a layer of range [0, 1]",
      'ERR_NAME',
    );
  }
  checkChoice('conjugateLeak activation', activation, ['sigmoid', 'tanh']);
  const [low, high] = conjugates[activation].image;
  if (!activations[layer.activation].identity) {
    throw new ArgumentError(
      `conjugateLeak layer must have the activation linear, as the leak itself makes its states ${activation}, but its activation is ${layer.activation}: give it { activation: 'linear', range: [${low}, ${high}] }`,
    );
  }
  if (layer.range[0] < low || layer.range[1] > high) {
    throw new ArgumentError(
      `conjugateLeak layer must have a range within [${low}, ${high}], the values of ${activation}, but its range is [${layer.range.join(', ')}]: give it { range: [${low}, ${high}] }`,
    );
  }
  return activation;
}

/**
 * The leak Σ G(s) whose derivative is σ⁻¹: the convex conjugate of σ's integral. With it a layer's minimiser is
 * s = σ(W s + b), the units of a usual network, where the layer's own activation is `linear` and its range that of σ.
 * For `sigmoid` G(s) = s ln s + (1 − s) ln(1 − s), on [0, 1]: the mean field of a Boltzmann machine. For `tanh`
 * G(s) = s atanh s + ½ ln(1 − s²), on [−1, 1]. It has no parameters. It is the integral of the inverse input-output
 * relation in the energy of Hopfield (1984), "Neurons with graded response".
 * @throws ArgumentError for anything but a layer whose activation is `linear` or `hardSigmoid` and whose range lies
 * within the values of σ, or a σ other than `sigmoid` and `tanh`
 */
export function conjugateLeak(
  layer: Layer,
  activation: ConjugateActivation,
  options?: { name?: string },
): ConjugateLeak {
  return new ConjugateLeak(layer, activation, options);
}
