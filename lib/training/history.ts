/** What a training measures, epoch by epoch. */

import type { Dataset } from '../data/dataset.js';
import type { Totals } from '../engine/engine.js';

/** Means over the examples seen, measured at the end of their free phases. */
export interface Metrics {
  /** The share of examples whose highest output is not their label; absent where there are no labels. */
  error?: number;
  /** C, the decay of parameters included. */
  cost: number;
  /** E */
  energy: number;
}

/** One epoch of a training; a training's history is a list of them. Its metrics were measured while it learned. */
export interface EpochRecord extends Metrics {
  /** Counted from 1. */
  epoch: number;
  /** Time that the training took, without validation and callbacks. */
  seconds: number;
  /** Measured after the epoch, where a validation set was given. */
  validation?: Metrics;
}

/** Sums over examples as means. */
export function metricsOf(totals: Totals, data: Dataset): Metrics {
  const { examples, wrong, cost, energy } = totals;
  const means = { cost: cost / examples, energy: energy / examples };
  return data.labels ? { error: wrong / examples, ...means } : means;
}
