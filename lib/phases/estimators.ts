import { EqpropError } from '../errors.js';
import { centered } from './centered.js';
import { continual } from './continual.js';
import { contrastive } from './contrastive.js';
import { coupled, coupledCentered, coupledNegative } from './coupled.js';
import type { Estimator } from './estimator.js';
import { finiteDifferences } from './finite-differences.js';
import { holomorphic } from './holomorphic.js';
import { negative } from './negative.js';
import { plasticity } from './plasticity.js';
import { positive } from './positive.js';
import { randomSign } from './random-sign.js';
import { recurrentBackprop } from './recurrent-backprop.js';
import { stochastic } from './stochastic.js';
import { truncatedBackprop } from './truncated-backprop.js';
import { vectorField } from './vector-field.js';

/** Every estimator of the package by its name; what one takes is in its settings. */
export const ESTIMATORS = {
  positive,
  negative,
  randomSign,
  centered,
  holomorphic,
  continual,
  contrastive,
  coupled,
  coupledNegative,
  coupledCentered,
  vectorField,
  stochastic,
  plasticity,
  recurrentBackprop,
  truncatedBackprop,
  finiteDifferences,
};

export type EstimatorName = keyof typeof ESTIMATORS;

/** The same estimator with another β, or another number of points; undefined for one that has no such setting, or that
 * somebody else wrote. */
export function withSetting(estimator: Estimator, setting: 'beta' | 'points', value: number): Estimator | undefined {
  const { name, settings } = estimator;
  if (!Object.hasOwn(ESTIMATORS, name) || !Object.hasOwn(settings, setting)) return undefined;
  try {
    return ESTIMATORS[name as EstimatorName]({ ...settings, [setting]: value } as never);
  } catch (error) {
    if (error instanceof EqpropError) return undefined; // somebody else's of that name, or more points than there may be
    throw error;
  }
}
