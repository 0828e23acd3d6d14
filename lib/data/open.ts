/** The data sets that a command line can name. */

import { checkOptions, checkString } from '../check.js';
import { ArgumentError } from '../errors.js';
import { stat } from '../files/disk.js';
import { checkScale, type Dataset } from './dataset.js';
import { fashionMnist, MNIST_FILES, mnist, readMnistFolder, type TrainAndTest } from './mnist.js';
import {
  FILE_FORMS,
  isCsv,
  isCsvFolder,
  isNpz,
  openCsv,
  openCsvFolder,
  openCsvInputs,
  openNpz,
  openNpzInputs,
} from './open-file.js';

/** Whether that is the name of a data set that the package knows, rather than a path. */
export function isNameOfDataset(nameOrPath: string): boolean {
  return nameOrPath === 'mnist' || nameOrPath === 'fashion-mnist';
}

/** What {@link openDataset} and {@link openInputs} take besides a name or a path. */
export interface OpenOptions {
  /** What all numbers of the inputs are multiplied by, whatever they are. Default: bytes by 1/255, others are as they are; whole
   * numbers of a table as `csvDataset` has it, which depends on all that stand there. */
  readonly scale?: number | undefined;
}

/**
 * The data set `mnist`, `fashion-mnist`, or one's own (`./mnist` for a folder of that name): a folder that holds the four IDX
 * files, or train.csv and test.csv; a .csv file, which is both parts; an .npz file with x_train, y_train, x_test and y_test,
 * or x and y, which are both parts. A table's first line names its columns, and `label` holds the class numbers; all others
 * are inputs. Throws an ArgumentError `ERR_NAME` if it is none of these, else a DataError as its reader does.
 */
export async function openDataset(nameOrPath: string, options: OpenOptions = {}): Promise<TrainAndTest> {
  const scale = checkOpening('openDataset', nameOrPath, options);
  if (nameOrPath === 'mnist') return scaled(await mnist(), scale);
  if (nameOrPath === 'fashion-mnist') return scaled(await fashionMnist(), scale);
  const stats = await stat(nameOrPath).catch(() => undefined);
  if (stats?.isDirectory()) {
    if (await isCsvFolder(nameOrPath)) return openCsvFolder(nameOrPath, scale);
    return scaled(await readMnistFolder(nameOrPath), scale);
  }
  if (stats && isCsv(nameOrPath)) return openCsv(nameOrPath, scale);
  if (stats && isNpz(nameOrPath)) return openNpz(nameOrPath, scale);
  throw new ArgumentError(
    `there is no data set '${nameOrPath}': name mnist, fashion-mnist or a folder that holds ${MNIST_FILES}; or ${FILE_FORMS}`,
    'ERR_NAME',
  );
}

/** What to predict of a data set that `openDataset` would open: its test part, which may be without labels in a .csv or .npz
 * file. Throws as `openDataset` does. */
export async function openInputs(nameOrPath: string, options: OpenOptions = {}): Promise<Dataset> {
  const scale = checkOpening('openInputs', nameOrPath, options);
  const stats = await stat(nameOrPath).catch(() => undefined);
  if (stats && !stats.isDirectory() && isCsv(nameOrPath)) return openCsvInputs(nameOrPath, scale);
  if (stats && !stats.isDirectory() && isNpz(nameOrPath)) return openNpzInputs(nameOrPath, scale);
  return (await openDataset(nameOrPath, { scale })).test;
}

function checkOpening(opener: string, nameOrPath: string, options: OpenOptions): number | undefined {
  const { scale } = checkOptions(`${opener} options`, options, ['scale']);
  checkString('nameOrPath', nameOrPath);
  return scale === undefined ? undefined : checkScale('scale', scale);
}

function scaled({ train, test }: TrainAndTest, scale: number | undefined): TrainAndTest {
  return scale === undefined ? { train, test } : { train: train.withScale(scale), test: test.withScale(scale) };
}
