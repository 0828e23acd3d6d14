/** A fair lock: whoever asks first has the next turn. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();

  /** Runs work when all that asked before are done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let done = () => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      return await work();
    } finally {
      done();
    }
  }
}
