/** What a model checks of its arguments before its plan sees them. */

import { totalmem } from 'node:os';
import { checkFinite, checkFloats, checkInstance, checkOptions, describe, type Floats, sizeOf } from './check.js';
import { Dataset } from './data/dataset.js';
import type { Cost } from './energy/cost.js';
import type { Energy } from './energy/energy.js';
import type { Layer } from './energy/layer.js';
import { ArgumentError, EngineError } from './errors.js';

/** How many examples an input holds. @throws ArgumentError for a wrong length or a number that is not finite */
export function checkInput(name: string, input: Floats, { size, shape }: Layer): number {
  checkFloats(name, input);
  if (input.length > 0 && input.length % size === 0) return input.length / size;
  throw new ArgumentError(
    `${name} must hold one or more examples of ${size} numbers ([batch, ${shape.join(', ')}]), but ${describe(input)} was given`,
    'ERR_SHAPE',
  );
}

/** @throws ArgumentError for a wrong length or a number that is not finite */
export function checkTarget(name: string, target: Floats, { size, shape }: Layer, batch: number): Floats {
  return checkFloats(name, target, batch * size, `[${[batch, ...shape].join(', ')}]`);
}

/** The states of an equilibrium by layer, in the energy's order. @throws ArgumentError for one of another network or batch */
export function checkFrom(name: string, from: { state: unknown }, energy: Energy, batch: number): Floats[] {
  const names = [...energy.layers.keys()];
  const { state } = typeof from === 'object' && from !== null ? from : { state: from };
  const states = checkOptions(`${name}.state`, state, names) as Record<string, Floats>;
  return [...energy.layers].map(([layerName, layer]) =>
    layer.clamped
      ? new Float32Array(batch * layer.size)
      : checkTarget(`${name}.state.${layerName}`, states[layerName], layer, batch),
  );
}

/**
 * A data set that fits a network, looked at anew: its arrays are the user's own and may have been transferred, shrunk or
 * written to since it was made.
 * @throws ArgumentError if it does not fit or has been spoilt
 */
export function checkData(name: string, data: Dataset, input: Layer, output: Layer): void {
  checkInputs(name, data, input);
  const { labels, targets, targetSize, count } = data;
  if (targetSize !== output.size) {
    const what = labels ? 'classes' : 'numbers a target';
    throw new ArgumentError(
      `${name} must have ${output.size} ${what}, as many as the output layer has units, but it has ${targetSize}`,
      'ERR_SHAPE',
    );
  }
  if (targets) checkFloats(`${name} targets`, targets, count * targetSize);
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
  const none = { labels: undefined, classes: undefined, targets: undefined, targetSize: 0 };
  if (inputs instanceof Dataset) {
    checkInputs(name, inputs, input);
    return new Dataset({ ...inputs, ...none });
  }
  const count = checkInput(name, inputs, input);
  const values = Float32Array.from(inputs);
  checkFinite(`${name} as 32-bit floats`, values);
  return new Dataset({ name, count, shape: input.shape, inputs: values, scale: 1, ...none });
}

/** @throws ArgumentError for what is no cost, or one of another layer */
export function checkCost(cost: Cost, output: Layer): Cost {
  if (typeof cost !== 'object' || cost === null || typeof cost.stateGradient !== 'function') {
    throw new ArgumentError(`model cost must be a cost such as squaredError(y), but ${describe(cost)} was given`);
  }
  if (cost.layer !== output)
    throw new ArgumentError('model cost must be a cost of the output layer, but it is of another');
  return cost;
}

/** Refuses what this machine could never hold before anything is allocated. @throws EngineError */
export function checkMemory(energy: Energy): void {
  let numbers = 0;
  for (const { spec } of energy.parameters.values()) numbers += sizeOf(spec.shape);
  for (const { size } of energy.layers.values()) numbers += 4 * size; // and a few states of one example
  const bytes = 8 * numbers; // once in float64, or twice in float32: both orientations
  if (bytes <= totalmem()) return;
  const gigabytes = (n: number) => (n / 2 ** 30).toFixed(1);
  throw new EngineError(
    `there is not enough memory for this model: its parameters take ${gigabytes(bytes)} GiB, and this machine has ${gigabytes(totalmem())}`,
    'ERR_MEMORY',
  );
}
