/** Which metric of the validation says how good an epoch is: lower is better. */

import { checkChoice } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import { ArgumentError } from '../errors.js';

/** A metric of the validation, by which epochs are compared; lower is better. */
export type WatchedMetric = 'error' | 'cost';

export const WATCHED_METRICS: readonly WatchedMetric[] = ['error', 'cost'];

/**
 * The metric that was chosen; else the error, or, of a validation set without labels, the cost.
 * @throws ArgumentError for what is no metric, one that the validation set does not have, or without a validation set
 */
export function checkWatchedMetric(
  name: string,
  metric: unknown,
  validation: Pick<Dataset, 'labels'> | undefined,
): WatchedMetric {
  const chosen = metric === undefined ? undefined : checkChoice(name, metric, WATCHED_METRICS);
  if (validation === undefined) {
    throw new ArgumentError(`${name} must come with validation, which is what it watches, but none was given`);
  }
  if (chosen === 'error' && !validation.labels) {
    throw new ArgumentError(`${name} must be cost where the validation set has no labels, but 'error' was given`);
  }
  return chosen ?? (validation.labels ? 'error' : 'cost');
}
