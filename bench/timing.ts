/** What every table of times in this folder rests on. */

/** How long one turn of a contender should take: long enough to time, short enough to take turns often. */
const TURN_SECONDS = 0.4;

/** As many batches, 200 at most, as fill a turn where one takes so many seconds. */
export function batchesPerTurn(secondsPerBatch: number): number {
  return Math.min(200, Math.max(1, Math.round(TURN_SECONDS / secondsPerBatch)));
}

/** The middle one of at least one number, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
