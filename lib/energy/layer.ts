import {
  checkArray,
  checkBoolean,
  checkChoice,
  checkOptions,
  checkShape,
  checkString,
  describe,
  sizeOf,
} from '../check.js';
import { ArgumentError } from '../errors.js';
import { markMade } from '../own.js';
import { ACTIVATIONS, type ActivationName, activations } from './activation.js';

/** Options of {@link layer}. */
export interface LayerOptions {
  /** How states and errors call it; `layer1`, `layer2`, … in the order of an energy's interactions by default. */
  name?: string | undefined;
  /** Whether its state is given from outside and never settles. Default false. */
  clamped?: boolean | undefined;
  /** ρ. Default `hardSigmoid`; `linear` for a clamped layer. */
  activation?: ActivationName | undefined;
  /** The states' range `[low, high]`, each possibly infinite. Default: the activation's, [0, 1] for `hardSigmoid`. */
  range?: readonly [low: number, high: number] | undefined;
}

/** A layer of units; made by {@link layer}. */
export class Layer {
  /** As it was given; an energy names those without one. */
  readonly name: string | undefined;
  /** Of one example's states. */
  readonly shape: readonly number[];
  /** Units: the product of the shape. */
  readonly size: number;
  /** Whether its state is given from outside and never settles. */
  readonly clamped: boolean;
  /** ρ */
  readonly activation: ActivationName;
  /** What states are clipped to. */
  readonly range: readonly [low: number, high: number];

  constructor(shape: readonly number[], options: LayerOptions = {}) {
    options = checkOptions('layer options', options, ['name', 'clamped', 'activation', 'range']);
    this.shape = checkShape('layer shape', shape);
    this.size = sizeOf(this.shape);
    this.name = options.name === undefined ? undefined : checkString('layer name', options.name);
    this.clamped = checkBoolean('layer clamped', options.clamped ?? false);
    this.activation = checkChoice(
      'layer activation',
      options.activation ?? (this.clamped ? 'linear' : 'hardSigmoid'),
      ACTIVATIONS,
    );
    this.range = checkRange(options.range ?? activations[this.activation].range);
    markMade(Object.freeze(this));
  }
}

/**
 * A layer of units of the given shape, for instance `layer([784], { clamped: true })`.
 * @throws ArgumentError for a shape, name, activation or range that is none
 */
export function layer(shape: readonly number[], options?: LayerOptions): Layer {
  return new Layer(shape, options);
}

function checkRange(range: readonly [number, number]): readonly [number, number] {
  const pair = checkArray('layer range', range);
  const [low, high] = pair as readonly [number, number];
  if (pair.length !== 2 || typeof low !== 'number' || typeof high !== 'number' || !(low < high)) {
    const given = Array.isArray(range) ? `[${pair.map(describe).join(', ')}]` : describe(range);
    throw new ArgumentError(`layer range must be [low, high] with low below high, but ${given} was given`);
  }
  return Object.freeze([low, high] as const);
}
