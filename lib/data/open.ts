/** The data sets that a command line can name. */

import { stat } from 'node:fs/promises';
import { checkString } from '../check.js';
import { ArgumentError } from '../errors.js';
import { fashionMnist, MNIST_FILES, mnist, readMnistFolder, type TrainAndTest } from './mnist.js';

/** Whether that is the name of a data set that the package knows, rather than a path. */
export function isNameOfDataset(nameOrPath: string): boolean {
  return nameOrPath === 'mnist' || nameOrPath === 'fashion-mnist';
}

/** The data set `mnist`, `fashion-mnist`, or the one in a folder that holds the four IDX files (`./mnist` for a folder
 * of that name). Throws an ArgumentError `ERR_NAME` if it is none of these, else a DataError as its reader does. */
export async function openDataset(nameOrPath: string): Promise<TrainAndTest> {
  checkString('nameOrPath', nameOrPath);
  if (nameOrPath === 'mnist') return mnist();
  if (nameOrPath === 'fashion-mnist') return fashionMnist();
  const stats = await stat(nameOrPath).catch(() => undefined);
  if (stats?.isDirectory()) return readMnistFolder(nameOrPath);
  throw new ArgumentError(
    `there is no data set '${nameOrPath}': name mnist, fashion-mnist or a folder that holds ${MNIST_FILES}`,
    'ERR_NAME',
  );
}
