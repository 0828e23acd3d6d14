import { onAbort } from '../../abort.js';

/** A fair lock: whoever asks first has the next turn. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();
  #asked = 0;

  /** Whether nobody has or waits for a turn. */
  get free(): boolean {
    return this.#asked === 0;
  }

  /** Runs work when all that asked before are done; rejects at once when the signal aborts while it waits. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last;
    let done = () => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    this.#asked++;
    const turn = before
      .then(() => {
        signal?.throwIfAborted();
        return work();
      })
      .finally(() => {
        this.#asked--;
        done();
      });
    return signal ? orAborted(turn, signal) : turn;
  }
}

/** The promise, or the signal's reason if that comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let release = () => {};
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(signal.reason));
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    release();
    promise.catch(() => {}); // its end is of no interest any more
  }
}
