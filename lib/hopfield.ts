import { checkArray, checkInteger, checkOptions, describe } from './check.js';
import { bias } from './energy/bias.js';
import { dense } from './energy/dense.js';
import { sum } from './energy/energy.js';
import { type LayerOptions, layer } from './energy/layer.js';
import { leak } from './energy/leak.js';
import { squaredError } from './energy/squared-error.js';
import { ArgumentError } from './errors.js';
import { MODEL_OPTIONS, Model, type ModelOptions } from './model.js';

export interface HopfieldOptions extends ModelOptions {
  /** ρ of the hidden layers and, unless `output` says otherwise, of the output. Default `hardSigmoid`. */
  activation?: NonNullable<LayerOptions['activation']>;
  /** Activation and range of the output layer where they differ. With targets of 0 and 1, an output that is clipped to
   * [0, 1] does not feel outward nudges; `{ activation: 'linear' }` does. */
  output?: Pick<LayerOptions, 'activation' | 'range'>;
  /** Draws weights from U(±gain / √fan-in). Default: Glorot's, as in the paper. */
  gain?: number;
}

/**
 * A layered continuous Hopfield network with a squared error, the network of Scellier and Bengio (2017):
 * `hopfield([784, 500, 10])` has the layers `input` (clamped), `hidden1`, …, `output`, and between neighbours the
 * weights `dense1.weight`, …; every free layer has a leak and a bias (`bias1.bias`, …).
 * @param sizes units of each layer, input first; at least two
 * @throws ArgumentError for sizes that are not whole numbers from 1, or an option that is unknown or wrong
 */
export function hopfield(sizes: readonly number[], options: HopfieldOptions = {}): Model {
  checkOptions('hopfield options', options, ['activation', 'output', 'gain', ...MODEL_OPTIONS]);
  const { activation, output = {}, gain, ...modelOptions } = options;
  checkArray('hopfield sizes', sizes);
  if (sizes.length < 2) {
    throw new ArgumentError(
      `hopfield sizes must name an input, an output and what is between, but ${describe(sizes)} was given`,
    );
  }
  for (const [i, size] of sizes.entries()) checkInteger(`hopfield sizes[${i}]`, size, 1);
  checkOptions('hopfield output', output, ['activation', 'range']);

  const last = sizes.length - 1;
  const layers = sizes.map((size, i) => {
    if (i === 0) return layer([size], { name: 'input', clamped: true });
    const shared = activation === undefined ? {} : { activation };
    return i === last
      ? layer([size], { ...shared, ...output, name: 'output' })
      : layer([size], { ...shared, name: `hidden${i}` });
  });
  const free = layers.slice(1);
  const energy = sum(
    ...free.map((l) => leak(l)),
    ...free.map((l) => bias(l)),
    ...free.map((l, i) => dense(layers[i], l, gain === undefined ? {} : { gain })),
  );
  return new Model({
    energy,
    cost: squaredError(layers[last]),
    input: layers[0],
    output: layers[last],
    ...modelOptions,
  });
}
