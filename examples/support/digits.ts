import type { Dataset, Floats } from 'eqprop';

/** Numbers of an image, and of a label. */
export const PIXELS = 28 * 28;
export const CLASSES = 10;

/** The labels of the examples from `from` to before `to`, [examples, CLASSES]: 1 at the label, 0 elsewhere. */
export function labelsAsFloats({ labels = new Uint32Array() }: Dataset, from: number, to: number): Float32Array {
  const floats = new Float32Array((to - from) * CLASSES);
  labels.subarray(from, to).forEach((label, e) => {
    floats[e * CLASSES + label] = 1;
  });
  return floats;
}

/** 1 at pixels to keep and 0 at the others, by column and row. */
export function mask(keeps: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: PIXELS }, (_, i) => Number(keeps(i % 28, Math.floor(i / 28))));
}

/** The mean square of the differences of two batches of images, at pixels that the mask does not keep. */
export function errorOutside(kept: Uint8Array, a: Floats, b: Floats): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (kept[i % PIXELS]) continue;
    sum += (a[i] - b[i]) ** 2;
    count++;
  }
  return sum / count;
}

/** The mean image of each label, [CLASSES, PIXELS]. */
export function meanImages(data: Dataset): Float32Array {
  const images = data.inputsAsFloats();
  const labels = data.labels ?? [];
  const counts = new Uint32Array(CLASSES);
  for (const label of labels) counts[label]++;
  const means = new Float32Array(CLASSES * PIXELS);
  labels.forEach((label, e) => {
    for (let i = 0; i < PIXELS; i++) means[label * PIXELS + i] += images[e * PIXELS + i] / counts[label];
  });
  return means;
}

/** The mean image of all, [PIXELS]. */
export function meanImage(data: Dataset): Float32Array {
  const images = data.inputsAsFloats();
  const mean = new Float32Array(PIXELS);
  for (let i = 0; i < images.length; i++) mean[i % PIXELS] += images[i] / data.count;
  return mean;
}
