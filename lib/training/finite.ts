import type { Floats } from '../check.js';
import { PIECE_BYTES, pieces } from '../pieces.js';

/** The first number that is not finite, and what its array is called; undefined where all are. */
export async function findNotFinite<Name>(
  arrays: readonly (readonly [Name, Floats])[],
): Promise<{ name: Name; value: number; index: number } | undefined> {
  const lengths = arrays.map(([, { length }]) => length);
  for await (const { which, from, to } of pieces(lengths, PIECE_BYTES / Float64Array.BYTES_PER_ELEMENT)) {
    const [name, data] = arrays[which];
    for (let i = from; i < to; i++) if (!Number.isFinite(data[i])) return { name, value: data[i], index: i };
  }
  return undefined;
}
