import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';

/** Large enough to cost nothing, small enough to hash in a few milliseconds. */
export const PIECE_BYTES = 2 ** 21;

/** Where to cut arrays of these lengths, which would hold JavaScript's thread up if all was done at once: number `which` of them
 * [from, to). After so many elements as a piece has at the most the thread turns to whatever else is waiting. */
export async function* pieces(
  lengths: readonly number[],
  piece: number,
): AsyncGenerator<{ which: number; from: number; to: number }> {
  let left = piece;
  for (const [which, length] of lengths.entries()) {
    for (let from = 0, to = 0; from < length; from = to) {
      if (left === 0) {
        await nextTurnOfTheLoop();
        left = piece;
      }
      to = Math.min(length, from + left);
      left -= to - from;
      yield { which, from, to };
    }
  }
}
