/** Ends a training that no longer gets better. */

import { type Checked, checkInteger, checkNumber, checkOptions } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import type { EpochRecord } from './history.js';
import { checkWatchedMetric, type WatchedMetric } from './watched-metric.js';

/** When {@link Model.fit} ends for want of progress. */
export interface EarlyStoppingOptions {
  /** The training ends after so many epochs in a row without a better one. */
  patience: number;
  /** Of the validation; lower is better. Default `error`, or `cost` where the validation set has no labels. */
  metric?: WatchedMetric | undefined;
  /** An epoch is better if its metric is below the best one so far by more than this. Default 0. */
  minDelta?: number | undefined;
}

/** @throws ArgumentError for an option that is unknown, missing or wrong, or without a validation set */
export function checkEarlyStopping(
  name: string,
  options: EarlyStoppingOptions,
  validation: Pick<Dataset, 'labels'> | undefined,
): Checked<EarlyStoppingOptions> {
  options = checkOptions(name, options, ['patience', 'metric', 'minDelta']);
  return {
    patience: checkInteger(`${name} patience`, options.patience, 1),
    metric: checkWatchedMetric(`${name} metric`, options.metric, validation),
    minDelta: checkNumber(`${name} minDelta`, options.minDelta ?? 0, 0),
  };
}

/** Whether the last epochs of a history have used up the patience. It depends on nothing else, so that a training decides
 * the same wherever it was interrupted. */
export function isOutOfPatience(
  history: readonly EpochRecord[],
  { patience, metric, minDelta }: Checked<EarlyStoppingOptions>,
): boolean {
  let best = Number.POSITIVE_INFINITY;
  let since = 0;
  for (const { validation } of history) {
    const value = validation?.[metric];
    if (value === undefined) continue; // not validated: says nothing
    if (value < best - minDelta) {
      best = value;
      since = 0;
    } else since++;
  }
  return since >= patience;
}
