import { availableParallelism } from 'node:os';
import { checkInteger } from '../check.js';
import { type Addon, loadAddon } from './addon.js';
import { MOST_THREADS, numberOf } from './environment.js';

/**
 * Limits how many threads compute at once in this process, those of all models in all its workers together. A batch takes as
 * many of its model's `threads` as are free, at least one, and waits where none is; whoever waits longest is next. No result
 * depends on the limit. From the next batch on; where it is never called it is `EQPROP_MAX_THREADS`, or what
 * `os.availableParallelism()` says. The javascript engine heeds none: it computes on the thread that calls it.
 * @throws ArgumentError for what is no whole number from 1 to 1024
 */
export function setThreadLimit(threads: number): void {
  checkInteger('setThreadLimit threads', threads, 1, MOST_THREADS);
  const addon = loadAddon();
  if (!(addon instanceof Error)) addon.setThreadLimit(threads, false);
}

/**
 * The limit that holds: how many threads may compute at once in this process. 1 where the addon does not load.
 * @throws ArgumentError for an `EQPROP_MAX_THREADS` that is no whole number from 1 to 1024
 */
export function threadLimit(): number {
  const addon = loadAddon();
  if (addon instanceof Error) return 1;
  limitThreads(addon);
  return addon.threadLimit();
}

/** Sets the limit that the environment asks for, unless one has been set in this process. @throws ArgumentError */
export function limitThreads(addon: Addon): void {
  const given = numberOf(process.env.EQPROP_MAX_THREADS);
  addon.setThreadLimit(checkInteger('EQPROP_MAX_THREADS', given ?? availableParallelism(), 1, MOST_THREADS), true);
}
