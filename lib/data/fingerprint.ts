import { createHash } from 'node:crypto';
import type { Dataset } from './dataset.js';

/** Hashing all of a large set would hold JavaScript's thread up; another set, another order or another scale shows in these. */
const LOOKED_AT = 256;

/** By what a data set is known again: the SHA-256, in hexadecimal, of its kind and of examples spread over it. */
export function fingerprintOf(data: Dataset): string {
  const { count, shape, scale, classes, inputs, labels, targets, weights } = data;
  const arrays = [inputs, labels, targets, weights];
  const hash = createHash('sha256');
  hash.update(JSON.stringify([count, shape, scale, classes, arrays.map((array) => array?.byteLength)]));
  const looks = Math.min(count, LOOKED_AT);
  for (let i = 0; i < looks; i++) {
    const example = looks === 1 ? 0 : Math.round((i * (count - 1)) / (looks - 1));
    for (const array of arrays) {
      if (!array) continue;
      const bytes = array.byteLength / count;
      hash.update(new Uint8Array(array.buffer, array.byteOffset + example * bytes, bytes));
    }
  }
  return hash.digest('hex');
}
