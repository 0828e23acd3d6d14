/** What an audit answers with. */

import type { Precision } from '../engine/engine.js';
import type { Agreement } from './compare.js';
import type { DerivativeReport } from './derivatives.js';
import type { StepReport } from './steps.js';

/** Whether one phase of an estimator has settled. */
export interface PhaseReport {
  /** The share of examples whose residual reached the tolerance. */
  readonly converged: number;
  /** The largest residual of an example. */
  readonly residual: number;
}

/** How an estimator's bias depends on β. */
export interface BiasReport {
  /** The estimator's own β, and lower ones. */
  readonly betas: readonly number[];
  /** ‖estimate − reference‖ / ‖reference‖ at each of them. */
  readonly relativeErrors: readonly number[];
  /** The power of β that the error falls with: 1 one-sided, 2 centered, N holomorphic. */
  readonly slope?: number;
}

/** What an audit finds of one estimator. */
export interface EstimatorReport {
  /** The estimator's name. */
  readonly estimator: string;
  /** What it was made with. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Against the reference, by parameter. */
  readonly parameters: Readonly<Record<string, Agreement>>;
  /** All parameters together. */
  readonly all: Agreement;
  /** In the order in which they are settled. */
  readonly phases: readonly PhaseReport[];
  /** Of an estimator with a β. */
  readonly bias?: BiasReport;
  /** Of a holomorphic estimate: the relative error with twice as many points, far smaller where β lies within the region
   * where it converges. */
  readonly twicePoints?: number;
  /** The native engine's estimate against the javascript engine's, where it carries this one. */
  readonly native?: Agreement;
}

/** What {@link Model.audit} finds. */
export interface AuditReport {
  /** What the estimators are measured against, such as `recurrentBackprop`. */
  readonly reference: string;
  /** How many were looked at. */
  readonly examples: number;
  /** The native engine's, where it carries this model: the model's own, if that is native. */
  readonly precision?: Precision;
  /** In the order in which they were given. */
  readonly estimators: readonly EstimatorReport[];
  /** Of the interactions and the cost that are the user's own, if there are any. */
  readonly derivatives?: readonly DerivativeReport[];
  /** Nudged updates beside truncated back-propagation, step by step. */
  readonly steps?: StepReport;
  /** What is wrong, in words; empty if nothing is. */
  readonly findings: readonly string[];
}
