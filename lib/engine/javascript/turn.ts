/** A fair lock: whoever asks first has the next turn. */
export class Turnstile {
  #last: Promise<void> = Promise.resolve();
  #asked = 0;

  /** Whether nobody has or waits for a turn. */
  get free(): boolean {
    return this.#asked === 0;
  }

  /** Runs work when all that asked before are done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let done = () => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    this.#asked++;
    try {
      await before;
      return await work();
    } finally {
      this.#asked--;
      done();
    }
  }
}
