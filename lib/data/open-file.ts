/** Data sets of one's own in the forms that people have them: what the command line calls DATA. */

import { basename, join } from 'node:path';
import { describe } from '../check.js';
import { DataError } from '../errors.js';
import { stat } from '../files/disk.js';
import { withFile } from '../files/input.js';
import { readZipDirectory } from '../files/zip.js';
import { printable } from '../printable.js';
import { type CsvTable, readCsv } from './csv.js';
import { labelColumn, tableDataset } from './csv-dataset.js';
import { type Dataset, makeDataset } from './dataset.js';
import type { TrainAndTest } from './mnist.js';
import { readNpz } from './npz.js';
import { arraysDataset } from './npz-dataset.js';

/** The forms, in words. */
export const FILE_FORMS =
  "a .csv file whose first line names its columns, one of them 'label', a folder with train.csv and test.csv, or an .npz " +
  'file with x_train, y_train, x_test and y_test';

const LABEL = 'label';

export function isCsv(path: string): boolean {
  return /\.csv$/i.test(path);
}

export function isNpz(path: string): boolean {
  return /\.npz$/i.test(path);
}

/** Whether a folder holds train.csv and test.csv. */
export async function isCsvFolder(path: string): Promise<boolean> {
  const isThere = (name: string) =>
    stat(join(path, name)).then(
      () => true,
      () => false,
    );
  return (await isThere('train.csv')) && (await isThere('test.csv'));
}

/** A table whose column `label` holds class numbers. One file is both parts. Throws a DataError as `readCsv` does. */
export async function openCsv(path: string, scale?: number): Promise<TrainAndTest> {
  const data = labelled(path, await readNamed(path), { name: basename(path), scale });
  return { train: data, test: data };
}

/** The two tables of a folder. Throws a DataError as `readCsv` does, or if they do not belong together. */
export async function openCsvFolder(dir: string, scale?: number): Promise<TrainAndTest> {
  const [trainPath, testPath] = ['train.csv', 'test.csv'].map((name) => join(dir, name));
  const [train, test] = [await readNamed(trainPath), await readNamed(testPath)];
  checkColumns(dir, train, test);
  const part = (path: string, table: CsvTable, of: string) =>
    labelled(path, table, { name: `${basename(dir)} ${of}`, scale });
  return alike(dir, part(trainPath, train, 'train'), part(testPath, test, 'test'), scale);
}

/** The arrays of an NPZ file: x_train, y_train, x_test and y_test, or x and y, which are both parts. Throws a DataError as
 * `readNpz` does, or if they do not belong together. */
export async function openNpz(path: string, scale?: number): Promise<TrainAndTest> {
  const names = await namesIn(path);
  if (!names.has('x_train') && names.has('x')) {
    const arrays = await readNpz(path, { names: ['x', 'y'] });
    const data = arraysDataset(path, arrays, { inputs: 'x', labels: 'y' }, { name: basename(path), scale });
    return { train: data, test: data };
  }
  const arrays = await readNpz(path, { names: ['x_train', 'y_train', 'x_test', 'y_test'] });
  const part = (of: string) =>
    arraysDataset(path, arrays, { inputs: `x_${of}`, labels: `y_${of}` }, { name: `${basename(path)} ${of}`, scale });
  return alike(path, part('train'), part('test'), scale);
}

/** The inputs of a table, whether there are labels beside them or not. Throws a DataError as `readCsv` does. */
export async function openCsvInputs(path: string, scale?: number): Promise<Dataset> {
  const table = await readNamed(path);
  const form = { name: basename(path), scale };
  if (table.columns?.includes(LABEL)) return labelled(path, table, form);
  checkNames(path, table);
  return tableDataset(path, table, undefined, form);
}

/** The inputs of the test part of an NPZ file, or of x. Throws a DataError as `readNpz` does. */
export async function openNpzInputs(path: string, scale?: number): Promise<Dataset> {
  const names = await namesIn(path);
  const inputs = !names.has('x_test') && names.has('x') ? 'x' : 'x_test';
  return arraysDataset(path, await readNpz(path, { names: [inputs] }), { inputs }, { name: basename(path), scale });
}

/** A table must say which column is which: a guess could train on pixels. */
function readNamed(path: string): Promise<CsvTable> {
  return readCsv(path, { header: true });
}

/** The fewest columns whose numbers from 0 or 1 on are names rather than an example. */
const FEWEST_COUNTED = 3;

/** Refuses a first line of numbers, which would be lost if it is an example: those that count the columns are names.
 * Throws a DataError. */
function checkNames(path: string, { columns = [] }: CsvTable): void {
  const numbers = columns.filter((name) => name !== '');
  const counts = (from: number) => numbers.every((name, i) => Number(name) === from + i);
  if (numbers.length === 0 || numbers.some((name) => Number.isNaN(Number(name)))) return;
  if (numbers.length >= FEWEST_COUNTED && (counts(0) || counts(1))) return;
  const names = columns.slice(0, 20).map(describe).join(', ');
  throw new DataError(
    'ERR_DATA',
    `'${path}' must name its columns in its first line, but that holds ${printable(names)}`,
  );
}

/** Refuses two tables whose inputs are not the same columns. Throws a DataError. */
function checkColumns(dir: string, train: CsvTable, test: CsvTable): void {
  const [a = [], b = []] = [train, test].map(({ columns }) => columns?.filter((name) => name !== LABEL));
  const wrong = a.findIndex((name, i) => b[i] !== undefined && name !== b[i]);
  if (wrong < 0) return;
  throw new DataError(
    'ERR_DATA',
    `'${dir}' must hold tables of the same columns in the same order, but input ${wrong + 1} is ${describe(a[wrong])} in train.csv and ${describe(b[wrong])} in test.csv`,
  );
}

function labelled(path: string, table: CsvTable, form: { name: string; scale?: number | undefined }): Dataset {
  return tableDataset(path, table, labelColumn(path, table, LABEL), form);
}

function namesIn(path: string): Promise<ReadonlySet<string>> {
  return withFile(path, async (file) => {
    const entries = await readZipDirectory(file);
    return new Set(entries.map(({ name }) => name.replace(/\.npy$/, '')));
  });
}

/** Both parts with inputs of one kind and scale, and with the same classes, even if one lacks the last. */
function alike(path: string, train: Dataset, test: Dataset, given?: number): TrainAndTest {
  if (String(train.shape) !== String(test.shape)) {
    throw new DataError(
      'ERR_DATA',
      `'${path}' must hold inputs of one shape, but they are [${train.shape.join(', ')}] to train and ` +
        `[${test.shape.join(', ')}] to test`,
    );
  }
  const classes = Math.max(train.classes ?? 1, test.classes ?? 1);
  const bytes = train.inputs instanceof Uint8Array && test.inputs instanceof Uint8Array;
  const scale = Math.min(train.scale, test.scale);
  const form = (data: Dataset) => {
    const floats = () => (given === undefined ? Float32Array.from(data.inputs) : data.inputsAsFloats());
    const inputs = bytes ? { scale } : { inputs: floats(), scale: 1 };
    return makeDataset({ ...data, ...inputs, classes, targetSize: classes });
  };
  return { train: form(train), test: form(test) };
}
