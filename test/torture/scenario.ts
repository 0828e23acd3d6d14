import type { Random } from '../../lib/random.js';

/** An attack on a promise of docs/reliability.md. A small number of rounds runs in `npm test`, all of them by
 * `npm run torture -- NAME`. */
export interface Scenario {
  /** What is attacked and what must hold, on one line. */
  readonly what: string;
  /** How many rounds the promise is stated for. */
  readonly rounds: number;
  /** How many of them take a second or two. */
  readonly quick: number;
  /** Why it cannot run here (a tool or a permission is missing), undefined where it can. */
  unavailable?(): string | undefined;
  /** Carries out so many rounds. Equal seeds attack at the same places, as far as timing allows. */
  run(rounds: number, random: Random): Promise<Outcome>;
}

export interface Outcome {
  /** One sentence for each promise that was broken; none where all held. */
  readonly failures: readonly string[];
  /** What was counted or measured, for the page. */
  readonly figures: Readonly<Record<string, number | string>>;
}
