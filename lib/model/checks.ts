/** What a model checks of its arguments before its plan sees them. */

import { totalmem } from 'node:os';
import {
  checkFinite,
  checkFloats,
  checkInstance,
  checkNotNegative,
  checkOptions,
  checkShape,
  checkString,
  describe,
  type Floats,
  sizeOf,
} from '../check.js';
import { Dataset, inputsOnly, withoutTargets } from '../data/dataset.js';
import type { Cost } from '../energy/cost.js';
import { checkDecay } from '../energy/decay.js';
import type { Energy } from '../energy/energy.js';
import type { ParameterSpec } from '../energy/interaction.js';
import type { Layer } from '../energy/layer.js';
import { checkParameters } from '../energy/parameters.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { snapshotCost } from '../energy/snapshot.js';
import { ArgumentError, EngineError } from '../errors.js';
import { isMade, reading, reasonOf } from '../own.js';
import type { Random } from '../random.js';

/** How many examples an input holds. @throws ArgumentError for a wrong length or a number that is not finite */
export function checkInput(name: string, given: Floats, { size, shape }: Layer): number {
  const input = checkFloats(name, given);
  if (input.length > 0 && input.length % size === 0) return input.length / size;
  throw new ArgumentError(
    `${name} must hold one or more examples of ${size} numbers ([batch, ${shape.join(', ')}]), but ${describe(input)} was given`,
    'ERR_SHAPE',
  );
}

/** @throws ArgumentError for a wrong length or a number that is not finite */
export function checkTarget(name: string, target: Floats, shape: readonly number[], batch: number): Floats {
  return checkFloats(name, target, batch * sizeOf(shape), `[${[batch, ...shape].join(', ')}]`);
}

/** The states of an equilibrium by layer, in the energy's order; undefined where it says nothing of a layer.
 * @throws ArgumentError for one of another network or batch */
export function checkFrom(
  name: string,
  from: { state: unknown },
  energy: Energy,
  clamped: ReadonlySet<Layer>,
  batch: number,
): (Floats | undefined)[] {
  const names = [...energy.layers.keys()];
  const state = typeof from === 'object' && from !== null ? reading(name, () => from.state) : from;
  const states = checkOptions(`${name}.state`, state as Record<string, Floats>, names, [], 'layer');
  return [...energy.layers].map(([layerName, layer]) =>
    clamped.has(layer) ? undefined : checkTarget(`${name}.state.${layerName}`, states[layerName], layer.shape, batch),
  );
}

/** Values for a parameter. @throws ArgumentError for a wrong length, or a number that is not finite or too low */
export function checkValues<T extends Floats>(name: string, values: T, { shape, least }: ParameterSpec): T {
  checkFloats(name, values, sizeOf(shape), `[${shape.join(', ')}]`);
  const wrong = least === undefined ? -1 : values.findIndex((value) => value < least);
  if (wrong < 0) return values;
  throw new ArgumentError(
    `${name} must hold numbers of at least ${least}, but ${values[wrong]} stands at index ${wrong}`,
  );
}

/** What a parameter starts from. @throws ArgumentError if its `initialise` throws, or leaves what it may not hold */
export function initialValues(name: string, spec: ParameterSpec, random: Random): Float64Array {
  const data = new Float64Array(sizeOf(spec.shape));
  try {
    spec.initialise(data, random);
  } catch (error) {
    throw new ArgumentError(`initialise of ${name} must not throw, but it threw: ${reasonOf(error)}`, 'ERR_ARGUMENT', {
      cause: error,
    });
  }
  return checkValues(`initial ${name}`, data, spec);
}

/** By example, at least 0. @throws ArgumentError */
export function checkWeights(name: string, weights: Floats | undefined, batch: number): Floats | undefined {
  if (weights === undefined) return undefined;
  checkFloats(name, weights, batch, `[${batch}]`);
  checkNotNegative(name, weights);
  return weights;
}

/**
 * A data set that fits a network, looked at anew: its arrays are the user's own and may have been transferred, shrunk or
 * written to since it was made.
 * @throws ArgumentError if it does not fit or has been spoilt
 */
export function checkData(name: string, data: Dataset, input: Layer, wanted: number): void {
  checkInputs(name, data, input);
  const { labels, targets, targetSize, weights, count } = data;
  if (targetSize === 0) throw new ArgumentError(`${name} must have labels or targets, but it has inputs only`);
  if (targetSize !== wanted) {
    const what = labels ? 'classes' : 'numbers a target';
    throw new ArgumentError(
      `${name} must have ${wanted} ${what}, as many as the cost compares, but it has ${targetSize}`,
      'ERR_SHAPE',
    );
  }
  if (targets) checkFloats(`${name} targets`, targets, count * targetSize);
  if (weights) {
    checkFloats(`${name} weights`, weights, count);
    checkNotNegative(`${name} weights`, weights);
  }
  if (!labels) return;
  checkKept(`${name} labels`, labels, count);
  const wrong = labels.findIndex((label) => label >= targetSize);
  if (wrong >= 0) {
    throw new ArgumentError(
      `${name} labels must be below ${targetSize}, but ${labels[wrong]} stands at index ${wrong}`,
    );
  }
}

function checkInputs(name: string, data: Dataset, { size, shape }: Layer): void {
  checkInstance(name, data, Dataset, 'a data set, made by dataset(…), mnist() or the like');
  const given = sizeOf(data.shape);
  if (given !== size) {
    throw new ArgumentError(
      `${name} must have inputs of ${size} numbers ([${shape.join(', ')}]), but they have ${given} ([${data.shape.join(', ')}])`,
      'ERR_SHAPE',
    );
  }
  checkKept(`${name} inputs`, data.inputs, data.count * size);
  if (data.inputs instanceof Float32Array) checkFinite(`${name} inputs`, data.inputs);
}

function checkKept(name: string, array: { length: number }, length: number): void {
  if (array.length === length) return;
  throw new ArgumentError(
    `${name} must keep their ${length} numbers, but ${array.length} are left: the buffer was detached or resized`,
  );
}

/** Inputs as a data set without labels and targets. @throws ArgumentError if they do not fit the input layer */
export function inputsAlone(name: string, inputs: Floats | Dataset, input: Layer): Dataset {
  if (isMade(inputs) && inputs instanceof Dataset) {
    checkInputs(name, inputs, input);
    return withoutTargets(inputs);
  }
  const floats = checkFloats(name, inputs);
  checkInput(name, floats, input);
  const values = Float32Array.from(floats);
  checkFinite(`${name} as 32-bit floats`, values);
  return inputsOnly({ inputs: values, shape: input.shape, name });
}

/** @throws ArgumentError for what is no cost, one of another layer, or one that speaks of parameters that do not exist */
export function checkCost(given: Cost, output: Layer, energy: Energy): Cost {
  const cost = snapshotCost('model cost', given);
  const has = (key: string) => typeof (cost as unknown as Record<string, unknown>)?.[key] === 'function';
  if (typeof cost !== 'object' || !has('value') || !has('stateGradient')) {
    throw new ArgumentError(
      `model cost must be a cost such as squaredError(y), with value and stateGradient, but ${describe(given)} was given`,
    );
  }
  checkString('model cost kind', cost.kind);
  if (cost.layer !== output)
    throw new ArgumentError('model cost must be a cost of the output layer, but it is of another');
  if (cost.targetShape !== undefined) checkShape('model cost targetShape', cost.targetShape);
  if (cost.parameters !== undefined) {
    checkParameters('model cost', cost.parameters);
    if (cost.parameters.length > 0 && !has('parameterGradient')) {
      throw new ArgumentError('model cost must have a parameterGradient, as it has parameters');
    }
  }
  checkDecay('model cost', { energy, cost });
  return cost;
}

/** The input is the one layer that is clamped, the output is free, and both are the energy's.
 * @throws ArgumentError where they are not */
export function checkEnds({ energy, input, output }: Pick<Problem, 'energy' | 'input' | 'output'>): void {
  if (!input.clamped) throw new ArgumentError('model input must be a clamped layer: layer(shape, { clamped: true })');
  if (output.clamped) throw new ArgumentError('model output must be a free layer, but it is clamped');
  energy.nameOf(input);
  energy.nameOf(output);
  for (const [name, layer] of energy.layers) {
    if (!layer.clamped || layer === input) continue;
    throw new ArgumentError(`model input must be the only clamped layer, but '${name}' is clamped too`);
  }
}

/** Refuses an energy in which some free layer can learn nothing of the input. @throws ArgumentError */
export function checkReached(energy: Energy, input: Layer): void {
  const reached = new Set([input]);
  for (const layer of reached) {
    for (const { layers } of energy.interactions.values()) {
      if (layers.includes(layer)) for (const other of layers) reached.add(other); // grows while it is walked
    }
  }
  for (const [name, layer] of energy.layers) {
    if (reached.has(layer)) continue;
    throw new ArgumentError(
      `model energy must join every layer to the input, but nothing reaches '${name}': add an interaction, or leave it out`,
    );
  }
}

/** Refuses what this machine could never hold before anything is allocated. @throws EngineError */
export function checkMemory({ energy, cost }: Pick<Problem, 'energy' | 'cost'>): void {
  let numbers = 0;
  for (const { shape } of parametersOf({ energy, cost }).values()) numbers += sizeOf(shape);
  for (const { size } of energy.layers.values()) numbers += 4 * size; // and a few states of one example
  const bytes = 8 * numbers; // once in float64, or twice in float32: both orientations
  if (bytes <= totalmem()) return;
  const gigabytes = (n: number) => (n / 2 ** 30).toFixed(1);
  throw new EngineError(
    `there is not enough memory for this model: its parameters take ${gigabytes(bytes)} GiB, and this machine has ${gigabytes(totalmem())}`,
    'ERR_MEMORY',
  );
}
