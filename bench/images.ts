/** What is trained on while steps are timed. */

import { type Dataset, dataset, mnist } from '../lib/index.js';
import { Random } from '../lib/random.js';

/** MNIST's training images in their order, `from` being the number of the first; after the last, the first again. */
export async function digits(count: number, from = 0): Promise<Dataset> {
  const { train } = await mnist();
  const inputs = new Uint8Array(count * 784);
  const labels = new Uint32Array(count);
  for (let e = 0; e < count; e++) {
    const example = (from + e) % train.count;
    inputs.set(train.inputs.subarray(example * 784, (example + 1) * 784) as Uint8Array, e * 784);
    labels[e] = train.labels?.[example] ?? 0;
  }
  return dataset({ inputs, shape: [784], scale: 1 / 256, labels, classes: 10 });
}

/** Noise of which a share of the pixels is lit, with labels that nothing can be learned from. */
export function noise(count: number, seed: number, lit = 0.2): Dataset {
  const random = new Random(seed);
  const inputs = Uint8Array.from({ length: count * 784 }, () => (random.uniform() < lit ? 1 + random.below(255) : 0));
  const labels = Uint32Array.from({ length: count }, () => random.below(10));
  return dataset({ inputs, shape: [784], scale: 1 / 256, labels, classes: 10 });
}

/** The share of its pixels that are not zero. */
export function litOf({ inputs }: Dataset): number {
  let lit = 0;
  for (const pixel of inputs) if (pixel !== 0) lit++;
  return lit / inputs.length;
}
