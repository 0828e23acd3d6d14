import type { AuditCall } from '../audit/audit.js';
import { checkArray, checkChoice, checkInteger, checkOptions, checkPositive, checkSignal } from '../check.js';
import { type ClampedProblem, targetShapeOf } from '../energy/problem.js';
import { checkEstimatorSuits, checkStartSuits, checkSuits, checkWeighable } from '../engine/suits.js';
import { EqpropError } from '../errors.js';
import { centered } from '../phases/centered.js';
import { checkDynamics, type Dynamics } from '../phases/dynamics.js';
import { checkEstimator, type Estimator, type EstimatorOptions } from '../phases/estimator.js';
import { euler } from '../phases/euler.js';
import { finiteDifferences } from '../phases/finite-differences.js';
import { holomorphic } from '../phases/holomorphic.js';
import { positive } from '../phases/positive.js';
import { recurrentBackprop } from '../phases/recurrent-backprop.js';
import { STARTS, type Start } from '../phases/start.js';
import { vectorField } from '../phases/vector-field.js';
import { GRADIENT_BATCH, type GradientBatch } from './call.js';
import { checkInput, checkTarget, checkWeights } from './checks.js';

/** What {@link Model.audit} takes besides examples. */
export interface AuditOptions {
  /** Which estimators to look at. Default: `positive`, `centered` and, where the energy allows it, `holomorphic`, with `beta`
   * and the settings below; where forces come from no energy, `vectorField`, too. */
  estimators?: readonly Estimator[] | undefined;
  /** What they are compared with. Default: `recurrentBackprop`, or `finiteDifferences` where forces come from no energy. */
  reference?: Estimator | undefined;
  /** β of the default estimators, and of the comparison step by step. Default 0.1. */
  beta?: number | undefined;
  /** How the default estimators and the default reference settle. Default: the model's dynamics, with 5000 iterations and a
   * tolerance of 1e-10. */
  dynamics?: Dynamics | undefined;
  /** How many nudged Euler steps to compare with back-propagation; 0 for none. Their size is that of `dynamics`, if those are
   * Euler's, else 0.5. Default 12. */
  steps?: number | undefined;
}

/** How far each estimator's β is lowered for the curve of its bias. */
const SCALES = [1, 0.5, 0.25, 0.125];
/** Small enough for the steps' comparison to be one of derivatives. */
const STEP_BETA = 1e-4;

/**
 * An audit's request, with what was left open filled in.
 * @throws ArgumentError for a wrong shape, or an estimator that the energy does not allow
 */
export function auditCallOf(
  problem: ClampedProblem,
  { dynamics, start }: { readonly dynamics: Dynamics; readonly start: Start },
  batch: GradientBatch,
  options: AuditOptions,
): AuditCall {
  batch = checkOptions('audit batch', batch, GRADIENT_BATCH);
  options = checkOptions('audit options', options, ['estimators', 'reference', 'beta', 'dynamics', 'steps']);
  const count = checkInput('audit input', batch.input, problem.input);
  const beta = checkPositive('audit beta', options.beta ?? 0.1);
  const free = checkDynamics('audit dynamics', options.dynamics ?? tightened(dynamics));
  checkStartSuits('audit start', problem, batch.start ?? start);
  checkSuits('audit dynamics', problem, { dynamics: free, beta });
  const conservative = [...problem.energy.interactions.values()].every(({ entersForceOn }) => !entersForceOn);
  const estimators = options.estimators
    ? checkArray('audit estimators', options.estimators).map((e, i) =>
        checked(`audit estimators[${i}]`, problem, batch.weights, e),
      )
    : defaultEstimators(problem, beta, free, conservative);
  const reference = options.reference ?? (conservative ? recurrentBackprop({ free }) : finiteDifferences({ free }));
  const steps = checkInteger('audit steps', options.steps ?? 12, 0, 1000);
  const stepSize = free.kind === 'euler' ? free.stepSize : 0.5;
  const walk = { free: euler({ stepSize, iterations: 5000, tolerance: 1e-13 }), beta: STEP_BETA, steps };
  return {
    batch: count,
    // Copies: an audit reads them many times, and the user's arrays may change meanwhile.
    inputs: batch.input.slice(),
    start: checkChoice('audit start', batch.start ?? start, STARTS),
    targets: checkTarget('audit target', batch.target, targetShapeOf(problem.cost), count).slice(),
    weights: checkWeights('audit weights', batch.weights, count)?.slice(),
    seed: 0,
    signal: checkSignal('audit signal', batch.signal),
    estimators,
    reference: checked('audit reference', problem, batch.weights, reference),
    scales: SCALES,
    steps: steps > 0 && conservative ? walk : undefined,
  };
}

function checked(name: string, problem: ClampedProblem, weights: unknown, estimator: unknown): Estimator {
  const copy = checkEstimator(name, estimator as Estimator);
  checkEstimatorSuits(name, problem, copy);
  checkWeighable('audit weights', weights, copy);
  return copy;
}

/** Dynamics that settle until nothing changes any more. */
export function tightened(dynamics: Dynamics): Dynamics {
  return dynamics.kind === 'langevin' ? dynamics : { ...dynamics, iterations: 5000, tolerance: 1e-10 };
}

function defaultEstimators(
  problem: ClampedProblem,
  beta: number,
  dynamics: Dynamics,
  conservative: boolean,
): Estimator[] {
  const options = { beta, free: dynamics, nudged: dynamics };
  const makers: ((options: EstimatorOptions) => Estimator)[] = [positive, centered, holomorphic];
  return (conservative ? makers : [...makers, vectorField]).flatMap((make) => {
    const estimator = make(options);
    try {
      checkEstimatorSuits('audit', problem, estimator);
      return [estimator];
    } catch (error) {
      if (error instanceof EqpropError) return [];
      throw error;
    }
  });
}
