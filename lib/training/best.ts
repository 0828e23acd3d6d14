/** Keeps the parameters of the epoch that was best. */

import type { Floats } from '../check.js';
import type { Plan } from '../engine/engine.js';
import type { EpochRecord } from './history.js';
import type { WatchedMetric } from './watched-metric.js';

/** The index of the epoch whose validation was lowest, the earliest of equal ones; undefined where none was validated. */
export function indexOfBest(history: readonly EpochRecord[], metric: WatchedMetric): number | undefined {
  let best: number | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, { validation }] of history.entries()) {
    const value = validation?.[metric];
    if (value === undefined || value >= lowest) continue;
    lowest = value;
    best = index;
  }
  return best;
}

export class Best {
  readonly metric: WatchedMetric;
  /** Of the best epoch so far, in the plan's order; undefined before the first has ended. */
  parameters: readonly Floats[] | undefined;
  readonly #plan: Plan;

  constructor(plan: Plan, metric: WatchedMetric) {
    this.#plan = plan;
    this.metric = metric;
  }

  /** Looks at the last epoch of a history while the plan still has its parameters. */
  see(history: readonly EpochRecord[]): void {
    if (indexOfBest(history, this.metric) === history.length - 1) this.parameters = this.#plan.read();
  }

  /** Gives the plan the best parameters, if an epoch has ended. */
  restore(): void {
    if (this.parameters) this.#plan.write(this.parameters);
  }
}
