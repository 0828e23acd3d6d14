/** What a training measures, epoch by epoch. */

import type { Dataset } from '../data/dataset.js';
import type { Totals } from '../engine/engine.js';

/** Means over the examples seen, measured at the end of their free phases. */
export interface Metrics {
  /** The share of examples whose highest output is not their label; absent where there are no labels. */
  readonly error?: number;
  /** C, the decay of parameters included. */
  readonly cost: number;
  /** E */
  readonly energy: number;
}

/** One epoch of a training; a training's history is a list of them. Its metrics were measured while it learned.
 * Frozen, as checkpoints are made of it. */
export interface EpochRecord extends Metrics {
  /** Counted from 1. */
  readonly epoch: number;
  /** Time that the training took, without validation and callbacks. */
  readonly seconds: number;
  /** Measured after the epoch, where a validation set was given. */
  readonly validation?: Metrics;
}

/** An epoch as a training leaves it. */
export function recordOf(epoch: number, metrics: Metrics, seconds: number, validation?: Metrics): EpochRecord {
  const validated = validation && { validation: Object.freeze({ ...validation }) };
  return Object.freeze({ epoch, ...metrics, seconds, ...validated });
}

/** Sums over examples as means. */
export function metricsOf(totals: Totals, data: Dataset): Metrics {
  const { examples, wrong, cost, energy } = totals;
  const means = { cost: cost / examples, energy: energy / examples };
  return data.labels ? { error: wrong / examples, ...means } : means;
}
