/** Arrays of an NPZ file as examples. */

import { checkString, sizeOf } from '../check.js';
import { ArgumentError, DataError } from '../errors.js';
import { type Dataset, dataset, inputsOnly } from './dataset.js';
import type { NpyArray } from './npy.js';
import { readNpz } from './npz.js';
import { checkReaderOptions, READER_OPTIONS, type ReaderOptions } from './reader-options.js';

/** What {@link npzDataset} takes. */
export interface NpzDatasetOptions extends ReaderOptions {
  /** The array of inputs, [count, ...shape], as Python names it. */
  readonly inputs: string;
  /** The array of class numbers, [count] or [count, 1]. */
  readonly labels?: string | undefined;
  /** The array of targets, [count, ...], in place of labels. */
  readonly targets?: string | undefined;
}

/**
 * Reads examples from arrays of an NPZ file: inputs and exactly one of labels and targets. Inputs of type uint8 stay bytes,
 * scaled by 1/255 unless `scale` says otherwise; all others become 32-bit floats, multiplied by `scale` if it is given.
 * Throws what `readNpz` throws, a DataError `ERR_DATA` also for arrays that do not belong together, and an ArgumentError for
 * wrong options.
 */
export async function npzDataset(path: string, options: NpzDatasetOptions): Promise<Dataset> {
  const known = ['inputs', 'labels', 'targets', ...READER_OPTIONS];
  const { inputs, labels, targets, ...form } = checkReaderOptions('npzDataset', options, known, path);
  checkString('inputs', inputs);
  if ((labels === undefined) === (targets === undefined)) {
    const what = labels === undefined ? 'neither' : 'both';
    throw new ArgumentError(`exactly one of labels and targets must be named, but ${what} were given`);
  }
  const role = labels === undefined ? 'targets' : 'labels';
  const second = checkString(role, labels ?? targets);
  const arrays = await readNpz(path, { names: [inputs, second] });
  return arraysDataset(path, arrays, { inputs, [role]: second }, form);
}

interface Names {
  readonly inputs: string;
  readonly labels?: string;
  readonly targets?: string;
}

/** The data set that arrays of those names are: of inputs alone, if no others are named. Throws a DataError `ERR_DATA` that names the path and the array. */
export function arraysDataset(
  path: string,
  arrays: ReadonlyMap<string, NpyArray>,
  names: Names,
  { classes, scale, name }: ReaderOptions,
): Dataset {
  const x = arrayOf(path, arrays, names.inputs);
  const [count = 0, ...shape] = x.shape;
  const bad = (array: string, why: string) => new DataError('ERR_DATA', `'${path}': the array '${array}' ${why}`);
  if (shape.length === 0 || sizeOf(x.shape) === 0) {
    throw bad(names.inputs, `must hold inputs, [count, …], but has shape [${x.shape.join(', ')}]`);
  }
  const isBytes = x.data instanceof Uint8Array;
  const floats = () => toFloats(x, (why) => bad(names.inputs, why), scale);
  const inputs = isBytes ? { inputs: x.data as Uint8Array, scale } : { inputs: floats() };
  const second = names.labels ?? names.targets;
  if (second === undefined) return inputsOnly({ ...inputs, shape, name });

  const y = arrayOf(path, arrays, second);
  const perExample = sizeOf(y.shape.slice(1));
  if (y.shape[0] !== count || perExample === 0 || (names.labels !== undefined && perExample !== 1)) {
    const wanted = names.labels === undefined ? `${count}, …` : `${count}`;
    throw bad(second, `must have shape [${wanted}] for inputs of [${x.shape.join(', ')}], but [${y.shape.join(', ')}]`);
  }
  if (names.labels !== undefined) {
    const labels = toClasses(y, classes, (why) => bad(second, why));
    return dataset({ ...inputs, shape, labels, classes, name });
  }
  return dataset({ ...inputs, shape, targets: toFloats(y, (why) => bad(second, why)), name });
}

function arrayOf(path: string, arrays: ReadonlyMap<string, NpyArray>, name: string): NpyArray {
  const array = arrays.get(name);
  if (array) return array;
  throw new DataError('ERR_DATA', `'${path}' holds no array '${name}'`);
}

type Bad = (why: string) => DataError;

function toFloats({ data }: NpyArray, bad: Bad, scale = 1): Float32Array {
  const floats = Float32Array.from(data as ArrayLike<number | bigint>, (x) => Number(x) * scale);
  const wrong = floats.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return floats;
  throw bad(`must hold numbers that are finite as 32-bit floats, but ${data[wrong]} stands at index ${wrong}`);
}

function toClasses({ data }: NpyArray, classes: number | undefined, bad: Bad): Uint32Array {
  const most = (classes ?? 2 ** 31 - 1) - 1;
  const numbers = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const wrong = numbers.findIndex((label) => !Number.isInteger(label) || label < 0 || label > most);
  if (wrong < 0) return Uint32Array.from(numbers);
  throw bad(`must hold class numbers from 0 to ${most}, but ${data[wrong]} stands at index ${wrong}`);
}
