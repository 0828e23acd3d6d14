import { follow } from '../abort.js';

/** Longer delays a timer takes for 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls `work` with a signal that aborts when `signal` does, for its reason, and after so many milliseconds (at most 24
 * days). Neither timer nor listener outlives the work, however many stretches a training has.
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (milliseconds === Number.POSITIVE_INFINITY) return work(signal);
  const cut = follow(signal);
  const timer = setTimeout(() => cut.abort(), Math.min(Math.ceil(milliseconds), LONGEST_TIMER));
  try {
    return await work(cut.signal);
  } finally {
    clearTimeout(timer);
    cut.release();
  }
}
