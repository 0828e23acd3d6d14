import { checkArray, checkBoolean, checkChoice, checkInteger, checkOptions, describe } from './check.js';
import { bias } from './energy/bias.js';
import type { Cost } from './energy/cost.js';
import { crossEntropy } from './energy/cross-entropy.js';
import { crossEntropyReadOut } from './energy/cross-entropy-read-out.js';
import { dense } from './energy/dense.js';
import { sum } from './energy/energy.js';
import { type Layer, type LayerOptions, layer } from './energy/layer.js';
import { leak } from './energy/leak.js';
import { squaredError } from './energy/squared-error.js';
import { untied } from './energy/untied.js';
import { ArgumentError } from './errors.js';
import { MODEL_OPTIONS, type ModelOptions } from './model/options.js';
import { Model } from './model.js';

/** The costs that a layered network can be made with, by name. */
export const HOPFIELD_COSTS = ['squaredError', 'crossEntropy', 'crossEntropyReadOut'] as const;

/** A cost that {@link hopfield} knows by name: the functions of these names make it. */
export type HopfieldCost = (typeof HOPFIELD_COSTS)[number];

/** Options of {@link hopfield}: its layers and cost, and all that a model takes. */
export interface HopfieldOptions extends ModelOptions {
  /** ρ of the hidden layers and, unless `output` or the cost says otherwise, of the output. Default `hardSigmoid`. */
  activation?: NonNullable<LayerOptions['activation']> | undefined;
  /** Activation and range of the output layer where they differ. With targets of 0 and 1, an output that is clipped to
   * [0, 1] does not feel outward nudges; `{ activation: 'linear' }` does. With `crossEntropy` it is linear by default. */
  output?: Pick<LayerOptions, 'activation' | 'range'> | undefined;
  /** What is nudged. With `crossEntropyReadOut` the last size is the number of classes: no layer, but what a softmax reads
   * out of the last hidden layer. Default `squaredError`. */
  cost?: HopfieldCost | undefined;
  /** Whether free layers are joined by `untied` weights, for the estimator `vectorField`. Default false. */
  untied?: boolean | undefined;
  /** Draws weights from U(±gain / √fan-in). Default: Glorot's, as in the paper. */
  gain?: number | undefined;
}

/**
 * A layered continuous Hopfield network, by default that of Scellier and Bengio (2017): `hopfield([784, 500, 10])` has
 * the layers `input` (clamped), `hidden1`, …, `output`, and between neighbours the weights `dense1.weight`, …; every free
 * layer has a leak and a bias (`bias1.bias`, …). Where they are `untied`, the weights between free layers are
 * `untied1.forward` and `untied1.backward`, …. The parameters of a read-out are `crossEntropyReadOut.weight` and `.bias`.
 * @param sizes units of each layer, input first; at least two, with a read-out three
 * @throws ArgumentError for sizes that are not whole numbers from 1, or an option that is unknown or wrong
 */
export function hopfield(sizes: readonly number[], options: HopfieldOptions = {}): Model {
  options = checkOptions('hopfield options', options, [
    'activation',
    'output',
    'cost',
    'untied',
    'gain',
    ...MODEL_OPTIONS,
  ]);
  const { activation, output, cost = 'squaredError', untied: isUntied = false, gain, ...modelOptions } = options;
  checkChoice('hopfield cost', cost, HOPFIELD_COSTS);
  checkBoolean('hopfield untied', isUntied);
  const isReadOut = cost === 'crossEntropyReadOut';
  sizes = checkSizes(sizes, isReadOut);
  checkOptions('hopfield output', output ?? {}, ['activation', 'range']);
  if (isReadOut && output !== undefined) {
    throw new ArgumentError(
      'hopfield output must be left out with the cost crossEntropyReadOut, which reads the last hidden layer, but it was given',
    );
  }

  const input = layer([sizes[0]], { name: 'input', clamped: true });
  const hidden = sizes
    .slice(1, -1)
    .map((size, i) => layer([size], { name: `hidden${i + 1}`, ...(activation !== undefined && { activation }) }));
  const classes = sizes[sizes.length - 1];
  const outward = cost === 'crossEntropy' ? 'linear' : activation;
  const last = isReadOut
    ? []
    : [layer([classes], { ...(outward !== undefined && { activation: outward }), ...output, name: 'output' })];
  const free = [...hidden, ...last];
  const gained = gain === undefined ? {} : { gain };
  const energy = sum(
    ...free.map((l) => leak(l)),
    ...free.map((l) => bias(l)),
    dense(input, free[0], gained),
    ...free.slice(1).map((l, i) => (isUntied ? untied : dense)(free[i], l, gained)),
  );
  const read = free[free.length - 1];
  return new Model({ energy, cost: costOf(cost, read, classes, gained), input, output: read, ...modelOptions });
}

function checkSizes(given: readonly number[], isReadOut: boolean): readonly number[] {
  const sizes = checkArray('hopfield sizes', given);
  if (sizes.length < (isReadOut ? 3 : 2)) {
    const wanted = isReadOut
      ? 'an input, one or more hidden layers and the classes'
      : 'an input, an output and what is between';
    throw new ArgumentError(`hopfield sizes must name ${wanted}, but ${describe(sizes)} was given`);
  }
  return sizes.map((size, i) => checkInteger(`hopfield sizes[${i}]`, size, 1));
}

function costOf(name: HopfieldCost, read: Layer, classes: number, gained: { gain?: number }): Cost {
  if (name === 'crossEntropy') return crossEntropy(read);
  return name === 'squaredError' ? squaredError(read) : crossEntropyReadOut(read, classes, gained);
}
