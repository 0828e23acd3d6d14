const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Turns the first Ctrl-C (or SIGTERM) into the abort of a signal; a second one kills the process as ever. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #listener = (name: NodeJS.Signals) => {
    this.release();
    this.by = name;
    this.#controller.abort();
  };
  /** The name of the signal that came. */
  by: NodeJS.Signals | undefined;

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether an error is what the interruption made of some work. */
  isReasonOf(error: unknown): boolean {
    return this.signal.aborted && error === this.signal.reason;
  }

  /** Lets signals kill again. */
  release(): void {
    for (const name of SIGNALS) process.off(name, this.#listener);
  }
}
