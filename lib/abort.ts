/** One listener for each signal, however many calls wait for it: Node takes more than ten for a leak, and warns. */

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `abort` once when the signal aborts, which it has not yet; the function returned takes that back. */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const others = waiting.get(signal);
  const calls = others ?? new Set<() => void>();
  calls.add(abort);
  const tell = () => {
    for (const call of calls) call();
  };
  if (!others) {
    waiting.set(signal, calls);
    signal.addEventListener('abort', tell, { once: true });
  }
  return () => {
    calls.delete(abort);
  };
}
