import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Three images of 2 × 2 bytes to train on and two to test with, with labels up to 5. */
export const FILES: Readonly<Record<string, Buffer>> = {
  'train-images-idx3-ubyte': Buffer.from([
    ...[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2],
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  ]),
  'train-labels-idx1-ubyte': Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 1]),
  't10k-images-idx3-ubyte': Buffer.from([
    ...[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2],
    ...[13, 14, 15, 16, 17, 18, 19, 20],
  ]),
  't10k-labels-idx1-ubyte': Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 4, 3]),
};

/** Writes them into a folder, some replaced. */
export function writeSmallMnist(folder: string, replaced: Readonly<Record<string, Buffer>> = {}): void {
  for (const [name, content] of Object.entries({ ...FILES, ...replaced })) writeFileSync(join(folder, name), content);
}
