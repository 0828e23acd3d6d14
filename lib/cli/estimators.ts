/** Estimators as the command line names and makes them. */

import { ArgumentError } from '../errors.js';
import { contrastive } from '../phases/contrastive.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Estimator, EstimatorOptions } from '../phases/estimator.js';
import { ESTIMATORS, type EstimatorName } from '../phases/estimators.js';
import { holomorphic } from '../phases/holomorphic.js';
import { recurrentBackprop } from '../phases/recurrent-backprop.js';
import { truncatedBackprop } from '../phases/truncated-backprop.js';

/** Those that only check others, or whose dynamics no preset has. */
type Excluded = 'finiteDifferences' | 'stochastic';
/** Those that compute the gradient in another way than by contrasting phases. */
type Backprop = 'recurrentBackprop' | 'truncatedBackprop';

export type TrainerName = Exclude<EstimatorName, Excluded>;
export type AuditedName = Exclude<TrainerName, Backprop>;

const names = Object.keys(ESTIMATORS) as EstimatorName[];

/** The estimators that can train. */
export const TRAINERS = names.filter(
  (name): name is TrainerName => name !== 'finiteDifferences' && name !== 'stochastic',
);

/** Those that can be held against a reference. */
export const AUDITED = TRAINERS.filter(
  (name): name is AuditedName => name !== 'recurrentBackprop' && name !== 'truncatedBackprop',
);

/** The estimators that are nudged by no β. */
const WITHOUT_BETA: readonly TrainerName[] = ['contrastive', 'recurrentBackprop', 'truncatedBackprop'];

export function takesBeta(name: TrainerName): boolean {
  return !WITHOUT_BETA.includes(name);
}

/** What estimators are made of on the command line. */
export interface EstimatorSettings {
  beta: number;
  /** Of the free phase. */
  free: Dynamics;
  /** Of the others; `truncatedBackprop` differentiates as many steps of the free phase. */
  nudged: Dynamics;
  /** Nudges on the circle of `holomorphic`. */
  points?: number | undefined;
}

/** @throws ArgumentError for settings that the estimator does not take */
export function makeEstimator(name: TrainerName, { beta, free, nudged, points }: EstimatorSettings): Estimator {
  switch (name) {
    case 'contrastive':
      return contrastive({ free, clamped: nudged });
    case 'holomorphic':
      return holomorphic({ beta, free, nudged, ...(points !== undefined && { points }) });
    case 'recurrentBackprop':
      return recurrentBackprop({ free });
    case 'truncatedBackprop':
      return truncatedBackprop({ free, steps: nudged.iterations });
    default: {
      const make: (options: EstimatorOptions) => Estimator = ESTIMATORS[name];
      return make({ beta, free, nudged });
    }
  }
}

/** @throws ArgumentError for `points` without the estimator that has some */
export function checkPoints(points: number | undefined, option: string, chosen: readonly EstimatorName[]): void {
  if (points === undefined || chosen.includes('holomorphic')) return;
  throw new ArgumentError(`--points must be left out unless ${option} names holomorphic, but ${points} was given`);
}
