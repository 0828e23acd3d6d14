/** The data sets that a command line can name. */

import { stat } from 'node:fs/promises';
import { checkString } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Dataset } from './dataset.js';
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

/**
 * The data set `mnist`, `fashion-mnist`, or one's own (`./mnist` for a folder of that name): a folder that holds the four IDX
 * files, or train.csv and test.csv; a .csv file, which is both parts; an .npz file with x_train, y_train, x_test and y_test,
 * or x and y, which are both parts. A table's first line names its columns, and `label` holds the class numbers; all others
 * are inputs, scaled as `csvDataset` does. Throws an ArgumentError `ERR_NAME` if it is none of these, else a DataError as
 * its reader does.
 */
export async function openDataset(nameOrPath: string): Promise<TrainAndTest> {
  checkString('nameOrPath', nameOrPath);
  if (nameOrPath === 'mnist') return mnist();
  if (nameOrPath === 'fashion-mnist') return fashionMnist();
  const stats = await stat(nameOrPath).catch(() => undefined);
  if (stats?.isDirectory())
    return (await isCsvFolder(nameOrPath)) ? openCsvFolder(nameOrPath) : readMnistFolder(nameOrPath);
  if (stats && isCsv(nameOrPath)) return openCsv(nameOrPath);
  if (stats && isNpz(nameOrPath)) return openNpz(nameOrPath);
  throw new ArgumentError(
    `there is no data set '${nameOrPath}': name mnist, fashion-mnist or a folder that holds ${MNIST_FILES}; or ${FILE_FORMS}`,
    'ERR_NAME',
  );
}

/** What to predict of a data set that `openDataset` would open: its test part, which may be without labels in a .csv or .npz
 * file. Throws as `openDataset` does. */
export async function openInputs(nameOrPath: string): Promise<Dataset> {
  checkString('nameOrPath', nameOrPath);
  const stats = await stat(nameOrPath).catch(() => undefined);
  if (stats && !stats.isDirectory() && isCsv(nameOrPath)) return openCsvInputs(nameOrPath);
  if (stats && !stats.isDirectory() && isNpz(nameOrPath)) return openNpzInputs(nameOrPath);
  return (await openDataset(nameOrPath)).test;
}
