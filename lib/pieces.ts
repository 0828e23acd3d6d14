import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';

/** Large enough to cost nothing, small enough to hash in a few milliseconds. */
export const PIECE_BYTES = 2 ** 21;

/** Where to cut what would hold JavaScript's thread up if it were done at once: [from, to) up to `length`, `piece` at a time.
 * Between two of them the thread turns to whatever else is waiting. */
export async function* pieces(length: number, piece: number): AsyncGenerator<readonly [from: number, to: number]> {
  for (let from = 0; from < length; from += piece) {
    if (from > 0) await nextTurnOfTheLoop();
    yield [from, Math.min(length, from + piece)];
  }
}
