/**
 * Callers' signals, asked by the language's own means alone: what has been added to one, or to what it inherits from, may
 * throw. All else in the package waits for signals of its own, which follow the callers' for as long as a call lasts.
 */

import { isProxy } from 'node:util/types';
import { reading } from './own.js';

const { addEventListener, removeEventListener } = EventTarget.prototype;
const getter = (key: 'aborted' | 'reason') =>
  Object.getOwnPropertyDescriptor(AbortSignal.prototype, key)?.get as (this: unknown) => unknown;
const [abortedOf, reasonOf] = [getter('aborted'), getter('reason')];

/** What only inherits from a signal has no state to ask for. */
export function isSignal(value: unknown): value is AbortSignal {
  return stateOf(value) !== undefined;
}

/** Whether a signal has aborted; undefined for what is none. */
function stateOf(value: unknown): unknown {
  if (isProxy(value)) return undefined;
  try {
    return abortedOf.call(value);
  } catch {
    return undefined;
  }
}

/** A signal of the package's own. */
export interface Follower {
  readonly signal: AbortSignal;
  readonly abort: (reason?: unknown) => void;
  /** Lets go of what it follows. */
  readonly release: () => void;
}

/**
 * Aborts when one of the signals does, for its reason. Unlike that of `AbortSignal.any`, nothing of it stays with them.
 * @throws ArgumentError for a signal that cannot be listened to
 */
export function follow(...signals: readonly (AbortSignal | undefined)[]): Follower {
  const own = new AbortController();
  const abort = (reason?: unknown) => own.abort(reason);
  const releases: (() => void)[] = [];
  const release = () => {
    for (const letGo of releases) letGo();
  };
  try {
    for (const signal of signals) {
      if (!signal) continue;
      const pass = () => abort(readReason(signal));
      if (stateOf(signal)) pass();
      else releases.push(onAbort(signal, pass));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { signal: own.signal, abort, release };
}

/** Calls work with a signal that follows those given while it lasts; with none where none is given. */
export async function following<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (!signals.some(Boolean)) return work(undefined);
  const { signal, release } = follow(...signals);
  try {
    return await work(signal);
  } finally {
    release();
  }
}

/** The reason of a signal that has aborted, or the error that says why it cannot be read. */
function readReason(signal: AbortSignal): unknown {
  try {
    return reading('signal reason', () => reasonOf.call(signal));
  } catch (error) {
    return error;
  }
}

/** One listener for each signal, however many calls wait for it: Node takes more than ten for a leak, and warns. */
interface Listener {
  readonly calls: Set<() => void>;
  readonly tell: () => void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls `abort` when the signal aborts, which it has not yet; the function returned takes that back.
 * @throws ArgumentError for a signal that cannot be listened to
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const { calls, tell } = listeners.get(signal) ?? listen(signal);
  calls.add(abort);
  return () => {
    if (!calls.delete(abort) || calls.size > 0) return;
    listeners.delete(signal);
    try {
      removeEventListener.call(signal, 'abort', tell);
    } catch {
      // Only its owner can have made that impossible, and tells nobody any more.
    }
  };
}

function listen(signal: AbortSignal): Listener {
  const calls = new Set<() => void>();
  const tell = () => {
    if (!stateOf(signal)) return; // anybody can dispatch such an event
    for (const call of calls) call();
  };
  reading('signal', () => addEventListener.call(signal, 'abort', tell));
  const listener = { calls, tell };
  listeners.set(signal, listener);
  return listener;
}
