import { checkFloats, type Floats } from '../check.js';

/**
 * The angle between two vectors, in degrees from 0 to 180; NaN where one of them is 0. Gradients, or weights and their
 * transposes, are compared by it.
 * @throws ArgumentError for what is no array of finite floats, or two lengths
 */
export function angleBetween(first: Floats, second: Floats): number {
  const a = checkFloats('angleBetween a', first);
  const b = checkFloats('angleBetween b', second, a.length);
  const [lengthA, lengthB] = [norm(a), norm(b)];
  let [difference, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] / lengthA, b[i] / lengthB];
    difference += (x - y) ** 2;
    sum += (x + y) ** 2;
  }
  // Unlike the arc cosine, exact for small angles, too (Kahan's formula).
  return (2 * Math.atan2(Math.sqrt(difference), Math.sqrt(sum)) * 180) / Math.PI;
}

function norm(a: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * a[i];
  return Math.sqrt(sum);
}
