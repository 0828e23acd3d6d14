import { checkBoolean, checkInteger, checkNumber, checkOptions, checkPositive, describe } from '../check.js';
import type { Layer } from '../energy/layer.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { ArgumentError } from '../errors.js';
import { ownFields, ownObject } from '../own.js';

/** How learning rates fall from epoch to epoch: what they are multiplied by after each, or `cosine`, along half a cosine
 * that would reach 0 after the last (Loshchilov and Hutter 2017, eq. 5). */
export type Decay = number | 'cosine';

/** How gradients become updates. */
export interface Optimizer {
  /** The name of its maker. */
  readonly name: 'sgd';
  /** See {@link SgdOptions}. */
  readonly learningRate: number | readonly number[] | Readonly<Record<string, number>>;
  /** How the rates fall from epoch to epoch. */
  readonly decay: Decay;
  /** From 0 to below 1. */
  readonly momentum: number;
  /** Whether a step looks ahead. */
  readonly nesterov: boolean;
}

/** Options of {@link sgd}. */
export interface SgdOptions {
  /**
   * - One number for all parameters;
   * - or one for each free layer, in the energy's order: a layer's rate is that of its biases and of the weights that
   *   lead to it (in a chain: of the k-th weights and biases); and one more for a cost that has parameters of its own;
   * - or one by name for each parameter, such as `{ 'dense1.weight': 0.1, 'bias1.bias': 0.1, … }`.
   */
  learningRate: number | readonly number[] | Readonly<Record<string, number>>;
  /** What the rates are multiplied by after each epoch, or `cosine`. Default 1. */
  decay?: Decay | undefined;
  /** How much of its velocity each parameter keeps, from 0 to below 1. Velocities begin at 0 in every `fit`, live in the
   * engine and are updated together with the parameters. Default 0: none are kept. */
  momentum?: number | undefined;
  /** Whether a step looks ahead: by gradient + momentum · v rather than by v (Nesterov). Default false. */
  nesterov?: boolean | undefined;
}

/**
 * Stochastic gradient descent, after every batch: v ← momentum · v + gradient, θ ← θ − rate · v. (Weight decay is a part of
 * the cost: `withDecay`.)
 * @throws ArgumentError for a rate that is negative or not finite, a momentum outside [0, 1), nesterov without momentum
 */
export function sgd(options: SgdOptions): Optimizer {
  options = checkOptions('sgd options', options, ['learningRate', 'decay', 'momentum', 'nesterov']);
  const momentum = checkMomentum('sgd momentum', options.momentum ?? 0);
  const nesterov = checkBoolean('sgd nesterov', options.nesterov ?? false);
  if (nesterov && momentum === 0) {
    throw new ArgumentError('sgd nesterov must come with a momentum above 0, but 0 was given');
  }
  return Object.freeze({
    name: 'sgd',
    learningRate: checkRates(options.learningRate),
    decay: checkDecay('sgd decay', options.decay ?? 1),
    momentum,
    nesterov,
  });
}

/** @throws ArgumentError for what is no number from 0 to below 1 */
export function checkMomentum(name: string, value: unknown): number {
  const momentum = checkNumber(name, value, 0);
  if (momentum < 1) return momentum;
  throw new ArgumentError(`${name} must be a number from 0 to below 1, but ${momentum} was given`);
}

/** @throws ArgumentError for what is neither a number above 0 nor `cosine` */
export function checkDecay(name: string, value: unknown): Decay {
  return value === 'cosine' ? value : checkPositive(name, value, "a finite number above 0 or 'cosine'");
}

/** A copy: what the caller does with an array or object of rates later is no matter of the optimizer's. */
function checkRates(rates: SgdOptions['learningRate']): SgdOptions['learningRate'] {
  if (typeof rates !== 'object' || rates === null) return checkNumber('sgd learningRate', rates, 0);
  const copy = isList(rates) ? [...rates] : ({ ...ownObject('sgd learningRate', rates) } as Record<string, number>);
  for (const [key, rate] of Object.entries(copy)) checkNumber(`sgd learningRate[${key}]`, rate, 0);
  return Object.freeze(copy);
}

/** An optimizer, checked anew as anybody can write an object like it.
 * @throws ArgumentError for what is none */
export function checkOptimizer(name: string, given: Optimizer): Optimizer {
  const { name: kind, ...options } = ownFields(name, given, ['name', 'learningRate', 'decay', 'momentum', 'nesterov']);
  if (kind === 'sgd') return sgd(options as unknown as SgdOptions);
  throw new ArgumentError(
    `${name} must be an optimizer such as sgd({ learningRate: 0.1 }), but ${describe(given)} was given`,
  );
}

/**
 * The learning rate of each of a problem's parameters, in their order, in one of so many epochs.
 * @throws ArgumentError where rates and layers, or rates and parameters, do not match
 */
export function ratesOf(problem: RatedProblem, optimizer: Optimizer, epoch: number, epochs: number): number[] {
  checkInteger('epoch', epoch, 1);
  const { decay } = optimizer;
  const factor = decay === 'cosine' ? (1 + Math.cos((Math.PI * (epoch - 1)) / epochs)) / 2 : decay ** (epoch - 1);
  return baseRates(problem, optimizer.learningRate).map((rate) => rate * factor);
}

type RatedProblem = Pick<Problem, 'energy' | 'cost'>;

function baseRates(problem: RatedProblem, learningRate: Optimizer['learningRate']): number[] {
  const names = [...parametersOf(problem).keys()];
  if (typeof learningRate === 'number') return names.map(() => learningRate);
  if (isList(learningRate)) return ratesByLayer(problem, learningRate);
  for (const name of Object.keys(learningRate)) {
    if (names.includes(name)) continue;
    throw new ArgumentError(
      `sgd learningRate names '${name}', which is no parameter: there are ${names.join(', ')}`,
      'ERR_NAME',
    );
  }
  return names.map((name) => {
    const rate = learningRate[name];
    if (rate === undefined)
      throw new ArgumentError(`sgd learningRate must name every parameter, but '${name}' is missing`, 'ERR_NAME');
    return rate;
  });
}

/** A list has one rate for each free layer, and one more for the cost's own parameters, if it has any. */
function ratesByLayer({ energy, cost }: RatedProblem, rates: readonly number[]): number[] {
  const free = [...energy.layers.values()].filter((layer) => !layer.clamped);
  const own = cost.parameters ?? [];
  const wanted = free.length + (own.length > 0 ? 1 : 0);
  if (rates.length !== wanted) {
    const readOut = own.length > 0 ? ' and one for the cost' : '';
    throw new ArgumentError(
      `sgd learningRate must have one rate for each of the ${free.length} free layers${readOut}, but ${rates.length} were given`,
      'ERR_SHAPE',
    );
  }
  const ofEnergy = [...energy.parameters.values()].map(
    // What touches the input alone has no gradient in a training.
    ({ interaction }) => rates[free.indexOf(targetOf(interaction.layers))] ?? 0,
  );
  return [...ofEnergy, ...own.map(() => rates[rates.length - 1])];
}

const isList = (rates: Exclude<Optimizer['learningRate'], number>): rates is readonly number[] => Array.isArray(rates);

/** The layer that an interaction leads to: its last free one. */
function targetOf(layers: readonly Layer[]): Layer {
  return layers.findLast((layer) => !layer.clamped) ?? layers[0];
}
