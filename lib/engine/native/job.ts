import type { Totals } from '../engine.js';

/** What work of the addon tells while it runs and at its end. Who is terminated before hears of no end. */
export type Listener<T> = (...news: ['progress', Totals] | ['done', T] | ['failed', NativeFailure]) => void;

export interface NativeFailure extends Error {
  code?: string;
  /** Of one that diverged. */
  where?: 'state' | 'energy' | 'cost' | 'parameter';
  /** Of the layer or the parameter. */
  index?: number;
  step?: number;
}

export interface Job<T> {
  readonly promise: Promise<T>;
  readonly cancel: () => void;
}

/**
 * Starts work of the addon.
 * @param start hands the listener over and returns what cancels
 * @throws NativeFailure where work cannot start; later ones reject the promise
 */
export function startJob<T>(start: (listen: Listener<T>) => () => void, onProgress?: (sofar: Totals) => void): Job<T> {
  let listen!: Listener<T>;
  const promise = new Promise<T>((resolve, reject) => {
    listen = (...[what, news]) => {
      if (what === 'progress') onProgress?.(news);
      else if (what === 'done') resolve(news);
      else reject(news);
    };
  });
  return { promise, cancel: start(listen) };
}
