import { SingleBar } from 'cli-progress';
import type { Progress } from '../training/fit-options.js';
import { formatPercent, formatTime } from './output.js';

/** A bar on the terminal within each epoch, with the error and energy so far and the time left for the whole training. */
export class ProgressBar {
  readonly #started = performance.now();
  /** What was done already when the bar was first shown: a training may have gone on. */
  #before: number | undefined;
  #bar: SingleBar | undefined;

  show(progress: Progress): void {
    const { epoch, epochs, examples, total, error, energy } = progress;
    const done = (epoch - 1 + examples / total) / epochs;
    this.#before ??= done;
    const gained = done - this.#before;
    const elapsed = (performance.now() - this.#started) / 1000;
    const values = {
      epoch: `${String(epoch).padStart(String(epochs).length)}/${epochs}`,
      error: formatPercent(error),
      energy: energy.toFixed(3),
      // The first moments say little of the rest.
      left: elapsed < 1 || gained === 0 ? '…' : formatTime((elapsed * (1 - done)) / gained),
    };
    if (this.#bar) {
      this.#bar.update(examples, values);
      return;
    }
    this.#bar = new SingleBar({
      format: 'epoch {epoch} {bar} {percentage} %  error {error}  energy {energy}  {left} left',
      barsize: 16,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      clearOnComplete: true,
      stream: process.stderr,
    });
    this.#bar.start(total, examples, values);
  }

  /** Takes the bar away, so that a line can be printed in its place. */
  clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
