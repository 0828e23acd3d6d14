/** Examples to train and to test on. */

import { isFloat32Array, isInt32Array, isUint8Array, isUint32Array } from 'node:util/types';
import {
  checkAttached,
  checkFinite,
  checkFloats,
  checkInstance,
  checkInteger,
  checkNotNegative,
  checkNumber,
  checkOptions,
  checkShape,
  checkString,
  describe,
  type Floats,
  sizeOf,
} from '../check.js';
import { ArgumentError } from '../errors.js';
import { markMade } from '../own.js';

/** Pixels are bytes, networks want numbers from 0 to 1. */
const BYTE_SCALE = 1 / 255;

/** What `inputsOnly` takes. */
export interface InputsOnlyOptions {
  /** [count, ...shape] row-major: bytes, or finite floats. Kept, not copied. */
  readonly inputs: Uint8Array | Float32Array;
  /** The shape of one input, such as [28, 28]. */
  readonly shape: readonly number[];
  /** What a byte is multiplied by to become an input: 1/255 if absent. Floats are inputs as they are. */
  readonly scale?: number | undefined;
  /** For messages and reports: 'dataset' if absent. */
  readonly name?: string | undefined;
}

/** What `dataset` takes. */
export interface DatasetOptions extends InputsOnlyOptions {
  /** [count] class numbers, whole, from 0. */
  readonly labels?: Uint8Array | Uint32Array | Int32Array | readonly number[] | undefined;
  /** The number of classes; the largest label and 1 if absent. */
  readonly classes?: number | undefined;
  /** [count, targetSize] row-major, finite, in place of labels. A Float32Array is kept, not copied. */
  readonly targets?: Floats | undefined;
  /** [count], at least 0: what each example's cost is multiplied by; 1 if absent. Kept, not copied. */
  readonly weights?: Float32Array | undefined;
}

const INPUT_OPTIONS = ['inputs', 'shape', 'scale', 'name'];

/** The fields of a Dataset, by their names. */
type Fields = Omit<Dataset, 'slice' | 'withScale' | 'inputsAsFloats'>;

/** Examples with labels or targets: an immutable value, made by `dataset` or by a reader such as `mnist`. */
export class Dataset {
  /** For messages and reports. */
  readonly name: string;
  /** The number of examples, at least 1. */
  readonly count: number;
  /** The shape of one input, such as [28, 28]. */
  readonly shape: readonly number[];
  /** [count, ...shape], row-major. */
  readonly inputs: Uint8Array | Float32Array;
  /** What a byte is multiplied by to become an input; 1 for floats. */
  readonly scale: number;
  /** [count] class numbers; undefined if there are targets. */
  readonly labels: Uint32Array | undefined;
  /** The number of classes; undefined if there are targets. */
  readonly classes: number | undefined;
  /** [count, targetSize], row-major; undefined if there are labels. */
  readonly targets: Float32Array | undefined;
  /** The numbers of one target: the classes, if there are labels. */
  readonly targetSize: number;
  /** [count]: what each example's cost is multiplied by; undefined if they all count the same. */
  readonly weights: Float32Array | undefined;

  /** Takes fields that are checked already, from `makeDataset`.
   * @internal */
  constructor(fields: Fields) {
    if (!checked.delete(fields))
      throw new ArgumentError('a data set must be made by dataset(…) or a reader such as mnist');
    this.name = fields.name;
    this.count = fields.count;
    this.shape = fields.shape;
    this.inputs = fields.inputs;
    this.scale = fields.scale;
    this.labels = fields.labels;
    this.classes = fields.classes;
    this.targets = fields.targets;
    this.targetSize = fields.targetSize;
    this.weights = fields.weights;
    markMade(Object.freeze(this));
  }

  /** The examples from `start` to before `end`, one at least, as a view that copies nothing. Throws an ArgumentError if
   * they are not within the data set. */
  slice(start: number, end: number = this.count): Dataset {
    checkWhole(this);
    checkInteger('start', start, 0, this.count - 1);
    checkInteger('end', end, start + 1, this.count);
    const size = sizeOf(this.shape);
    return makeDataset({
      ...this,
      count: end - start,
      inputs: this.inputs.subarray(start * size, end * size),
      labels: this.labels?.subarray(start, end),
      targets: this.targets?.subarray(start * this.targetSize, end * this.targetSize),
      weights: this.weights?.subarray(start, end),
    });
  }

  /** The same bytes with another scale. Throws an ArgumentError if the inputs are floats. */
  withScale(scale: number): Dataset {
    checkWhole(this);
    return makeDataset({ ...this, scale: scaleOf(scale, this.inputs) });
  }

  /** The inputs from example `from` to before `to` as numbers, [to - from, ...shape]: a copy, with the scale applied.
   * Throws an ArgumentError if they are not within the data set. */
  inputsAsFloats(from = 0, to: number = this.count): Float32Array {
    checkWhole(this);
    checkInteger('from', from, 0, this.count);
    checkInteger('to', to, from, this.count);
    const size = sizeOf(this.shape);
    const floats = new Float32Array(this.inputs.subarray(from * size, to * size));
    if (this.scale !== 1) {
      for (let i = 0; i < floats.length; i++) floats[i] = (floats[i] as number) * this.scale;
    }
    return floats;
  }
}

/** Fields that have been checked, until the data set is made of them. */
const checked = new WeakSet<object>();

/** The data set of fields that are checked already. */
export function makeDataset(fields: Fields): Dataset {
  checked.add(fields);
  return new Dataset(fields);
}

/** Refuses a data set that is none, or whose memory was transferred away since. Throws an ArgumentError. */
function checkWhole(data: Dataset): void {
  checkInstance('the data set whose method is called', data, Dataset, 'a data set, made by dataset(…) or a reader');
  const { inputs, labels, targets, weights } = data;
  for (const [name, array] of Object.entries({ inputs, labels, targets, weights })) {
    if (array) checkAttached(name, array);
  }
}

/** Makes a data set of inputs and exactly one of labels and targets. Throws an ArgumentError: `ERR_SHAPE` if their
 * lengths do not match, `ERR_NAME` for an unknown option, else `ERR_ARGUMENT`. */
export function dataset(options: DatasetOptions): Dataset {
  options = checkOptions('dataset options', options, [...INPUT_OPTIONS, 'labels', 'classes', 'targets', 'weights']);
  const inputs = checkInputOptions(options);
  const { count } = inputs;
  const given = { ...inputs, weights: checkWeights(options.weights, count) };
  if ((options.labels === undefined) === (options.targets === undefined)) {
    const what = options.labels === undefined ? 'neither' : 'both';
    throw new ArgumentError(`exactly one of labels and targets must be given, but ${what} were given`);
  }
  if (options.targets === undefined) {
    const { labels, classes } = checkLabels(options.labels, count, options.classes);
    return makeDataset({ ...given, labels, classes, targets: undefined, targetSize: classes });
  }
  if (options.classes !== undefined) throw new ArgumentError('classes belong to labels, but targets were given');
  const { targets, targetSize } = checkTargets(options.targets, count);
  return makeDataset({ ...given, labels: undefined, classes: undefined, targets, targetSize });
}

/** The data set with another scale for its bytes; as it is, if its inputs are not scaled. Throws an ArgumentError. */
export function withByteScale(data: Dataset, scale: number): Dataset {
  return data.scale === 1 ? data : data.withScale(scale);
}

const NO_TARGETS = { labels: undefined, classes: undefined, targets: undefined, targetSize: 0, weights: undefined };

/** Makes a data set of inputs without labels and targets, such as a model predicts: none is trained or evaluated on it. Throws
 * an ArgumentError as `dataset` does. */
export function inputsOnly(options: InputsOnlyOptions): Dataset {
  return makeDataset({
    ...checkInputOptions(checkOptions('inputsOnly options', options, INPUT_OPTIONS)),
    ...NO_TARGETS,
  });
}

/** The same inputs, whatever their labels and targets. */
export function withoutTargets(data: Dataset): Dataset {
  return makeDataset({ ...data, ...NO_TARGETS });
}

function checkInputOptions(options: InputsOnlyOptions) {
  const shape = checkShape('shape', options.shape);
  const inputs = checkInputs(options.inputs);
  const count = countOf('inputs', inputs.length, sizeOf(shape), shape);
  const name = checkString('name', options.name ?? 'dataset');
  return { inputs, shape, count, scale: scaleOf(options.scale, inputs), name };
}

function checkInputs(inputs: unknown): Uint8Array | Float32Array {
  if (!isUint8Array(inputs) && !isFloat32Array(inputs)) {
    throw new ArgumentError(`inputs must be a Uint8Array or a Float32Array, but ${describe(inputs)} was given`);
  }
  checkAttached('inputs', inputs);
  if (isFloat32Array(inputs)) checkFinite('inputs', inputs);
  return inputs;
}

function scaleOf(scale: unknown, inputs: Uint8Array | Float32Array): number {
  if (isUint8Array(inputs)) return checkScale('scale', scale ?? BYTE_SCALE);
  if (scale === undefined || scale === 1) return 1;
  throw new ArgumentError(`scale must be 1 or absent where inputs are floats, but ${describe(scale)} was given`);
}

/** The bounds keep every byte a float that is neither infinite nor 0. */
export const SCALES = [1e-30, 1e30] as const;

export function checkScale(name: string, scale: unknown): number {
  return checkNumber(name, scale, ...SCALES);
}

function checkWeights(weights: unknown, count: number): Float32Array | undefined {
  if (weights === undefined) return undefined;
  const floats = checkFloats('weights', weights, count, `[${count}]`);
  if (!isFloat32Array(floats)) {
    throw new ArgumentError(`weights must be a Float32Array, but ${describe(weights)} was given`);
  }
  checkNotNegative('weights', floats);
  return floats;
}

/** How many times `size` goes into `length`. */
function countOf(name: string, length: number, size: number, shape: readonly number[]): number {
  if (length > 0 && length % size === 0) return length / size;
  throw new ArgumentError(
    `${name} must hold a positive multiple of ${size} numbers ([${shape.join(', ')}]), but ${length} were given`,
    'ERR_SHAPE',
  );
}

function checkLabels(given: unknown, count: number, classes: unknown): { labels: Uint32Array; classes: number } {
  if (!isLabels(given)) {
    const wanted = 'a Uint8Array, a Uint32Array, an Int32Array or an array of numbers';
    throw new ArgumentError(`labels must be ${wanted}, but ${describe(given)} was given`);
  }
  if (ArrayBuffer.isView(given)) checkAttached('labels', given);
  if (given.length !== count) {
    throw new ArgumentError(
      `labels must hold ${count} numbers, one for each input, but ${given.length} were given`,
      'ERR_SHAPE',
    );
  }
  const limit = classes === undefined ? undefined : checkInteger('classes', classes, 1);
  const labels = new Uint32Array(count);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const label = checkInteger(`labels[${i}]`, given[i], 0, limit === undefined ? undefined : limit - 1);
    labels[i] = label;
    if (label > largest) largest = label;
  }
  return { labels, classes: limit ?? largest + 1 };
}

function isLabels(given: unknown): given is NonNullable<DatasetOptions['labels']> {
  return Array.isArray(given) || [isUint8Array, isUint32Array, isInt32Array].some((isOne) => isOne(given));
}

function checkTargets(given: unknown, count: number): { targets: Float32Array; targetSize: number } {
  const floats = checkFloats('targets', given);
  if (floats.length === 0 || floats.length % count !== 0) {
    throw new ArgumentError(
      `targets must hold as many numbers for each of the ${count} inputs, but ${floats.length} were given`,
      'ERR_SHAPE',
    );
  }
  const targets = isFloat32Array(floats) ? floats : new Float32Array(floats);
  if (targets !== floats) checkFinite('targets as 32-bit floats', targets);
  return { targets, targetSize: floats.length / count };
}
