/** A table of numbers as examples, one a row. */

import { checkShape, describe, sizeOf } from '../check.js';
import { ArgumentError, DataError } from '../errors.js';
import { printable } from '../printable.js';
import { CSV_OPTIONS, type CsvOptions, type CsvTable, readCsv } from './csv.js';
import { type Dataset, dataset, inputsOnly } from './dataset.js';
import { asBytes, checkReaderOptions, READER_OPTIONS, type ReaderOptions } from './reader-options.js';

/** What {@link csvDataset} takes. */
export interface CsvDatasetOptions extends CsvOptions, ReaderOptions {
  /** The column of the class numbers: the first, the last, or the one of that name. All others are inputs. */
  readonly label: 'first' | 'last' | (string & {});
  /** The shape of one input; [columns] if absent. */
  readonly shape?: readonly number[] | undefined;
}

/**
 * Reads a CSV file of examples, one a row: a column of class numbers and inputs. Inputs that are all whole numbers from 0 to
 * 255 become bytes, like pixels, and are scaled by 1/255 unless `scale` says otherwise or none is above 1. Throws what
 * `readCsv` throws, a DataError `ERR_DATA` also for labels that are no class numbers or a column that is not there, and an
 * ArgumentError for wrong options.
 */
export async function csvDataset(path: string, options: CsvDatasetOptions): Promise<Dataset> {
  const known = ['label', 'shape', ...CSV_OPTIONS, ...READER_OPTIONS];
  const { label, shape, header, separator, ...rest } = checkReaderOptions('csvDataset', options, known, path);
  if (typeof label !== 'string' || label === '') {
    throw new ArgumentError(`label must be 'first', 'last' or the name of a column, but ${describe(label)} was given`);
  }
  const sides = shape === undefined ? undefined : checkShape('shape', shape);
  const table = await readCsv(path, { header, separator });
  return tableDataset(path, table, labelColumn(path, table, label), { shape: sides, ...rest });
}

interface Form extends ReaderOptions {
  readonly shape?: readonly number[] | undefined;
}

/** The table's rows as examples whose class stands in a column; without one, as inputs alone. Throws a DataError `ERR_DATA`
 * that names the path. */
export function tableDataset(path: string, table: CsvTable, column: number | undefined, form: Form): Dataset {
  const { columns, data } = table;
  const [rows, width] = table.shape;
  const size = column === undefined ? width : width - 1;
  const shape = form.shape ?? [size];
  if (size < 1 || sizeOf(shape) !== size) {
    const wanted = form.shape ? `[${shape.join(', ')}] inputs and a label` : 'a label and one or more inputs';
    throw new DataError('ERR_DATA', `'${path}' must have columns for ${wanted}, but has ${width}`);
  }
  const { name, classes, scale } = form;
  if (column === undefined) return inputsOnly({ ...asBytes(path, data, scale), shape, name });
  const labels = new Uint32Array(rows);
  const inputs = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const numbers = data.subarray(row * width, (row + 1) * width);
    labels[row] = checkClass(path, numbers[column], row + (columns ? 2 : 1), column, classes);
    inputs.set(numbers.subarray(0, column), row * size);
    inputs.set(numbers.subarray(column + 1), row * size + column);
  }
  return dataset({ ...asBytes(path, inputs, scale), shape, labels, classes, name });
}

function checkClass(path: string, label: number, line: number, column: number, classes?: number): number {
  const most = (classes ?? 2 ** 24) - 1; // above, 32-bit floats leave out whole numbers
  if (Number.isInteger(label) && label >= 0 && label <= most) return label;
  throw new DataError(
    'ERR_DATA',
    `'${path}' must have class numbers from 0 to ${most} as labels, but ${label} stands in line ${line}, column ${column + 1}`,
  );
}

/** The index of the column with the labels. Throws a DataError `ERR_DATA` if there is none of that name, or two. */
export function labelColumn(path: string, { columns, shape: [, width] }: CsvTable, label: string): number {
  if (label === 'first') return 0;
  if (label === 'last') return width - 1;
  const column = columns?.indexOf(label) ?? -1;
  if (column >= 0 && columns?.lastIndexOf(label) === column) return column;
  if (column >= 0) throw new DataError('ERR_DATA', `'${path}' has two columns ${describe(label)}`);
  const names = columns?.slice(0, 20).map(describe);
  const what = names ? `its columns are ${printable(names.join(', '))}` : 'its first line holds numbers';
  throw new DataError('ERR_DATA', `'${path}' has no column ${describe(label)}: ${what}`);
}
