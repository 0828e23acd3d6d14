/** Phases, terms and dynamics as the plain numbers of native/engine/network.h. */

import type { Floats } from '../../check.js';
import { boundsOf } from '../../energy/cost.js';
import { curvatureOf } from '../../energy/curvature.js';
import type { ClampedProblem } from '../../energy/problem.js';
import { ArgumentError, EngineError } from '../../errors.js';
import type { Dynamics } from '../../phases/dynamics.js';
import type { Phase, Program } from '../../phases/estimator.js';
import type { Procedure } from '../../phases/procedure.js';
import type { TrainingStart } from '../../phases/start.js';
import { hasResponse, noKernel } from './network.js';
import { fitting } from './numbers.js';

/** The order of `Dynamics::Kind` in native/engine/network.h. */
const DYNAMICS_CODES = { euler: 0, fixedPoint: 1, coordinateDescent: 2 };

/** Whether the native engine has a kernel for dynamics, of energies that allow them. */
export function hasKernel({ kind }: Dynamics): boolean {
  return Object.hasOwn(DYNAMICS_CODES, kind);
}

/** The order of `Start` in native/engine/network.h. */
export const START_CODES: Readonly<Record<TrainingStart, number>> = { zero: 0, feedForward: 1, persistent: 2 };

/**
 * @param weights of the examples, where they have some
 * @throws EngineError for what has no kernel, ArgumentError for a number that does not fit
 */
export function describeProgram(problem: ClampedProblem, program: Program | Procedure, weights?: Floats): object {
  if ('kind' in program) throw noKernel(`the procedure '${program.kind}'`);
  return {
    phases: program.phases.map((phase) => describePhase(problem, phase, weights)),
    terms: program.terms.map(({ phase, coefficient }) => {
      if (typeof coefficient !== 'number') throw noKernel('a complex coefficient');
      return { phase, coefficient: fitting('coefficient', coefficient) };
    }),
  };
}

export function describePhase(problem: ClampedProblem, phase: Phase, weights?: Floats): object {
  const { beta, dynamics, from, clamp } = phase;
  if (typeof beta !== 'number') throw noKernel('a complex beta');
  if (weights) checkCurved(problem, dynamics, beta, weights);
  return {
    beta: fitting('beta', beta),
    dynamics: describeDynamics(problem, dynamics),
    from: from === 'start' ? -1 : from,
    clamp: clamp === undefined ? undefined : fitting('clamp', clamp),
  };
}

export function describeDynamics(problem: ClampedProblem, dynamics: Dynamics): object {
  const { kind, iterations, tolerance } = dynamics;
  if (kind === 'euler') {
    if (hasResponse(problem)) {
      throw new EngineError(
        "the native engine has no kernel for euler with a conjugate leak: take fixedPoint or coordinateDescent, or use engine 'javascript'",
      );
    }
    return { kind: DYNAMICS_CODES[kind], iterations, rate: fitting("euler's step", dynamics.stepSize), tolerance };
  }
  if (kind === 'fixedPoint' || kind === 'coordinateDescent') {
    return { kind: DYNAMICS_CODES[kind], iterations, rate: fitting(`${kind}'s step`, dynamics.relaxation), tolerance };
  }
  throw noKernel(`the dynamics '${kind}'`);
}

/** Of the weights the heaviest can make F curve downwards where β is below 0, and the lightest leave it flat where it is above: an
 * energy without a leak has no curvature of its own. @throws ArgumentError */
function checkCurved({ energy, cost, output }: ClampedProblem, { kind }: Dynamics, beta: number, weights: Floats) {
  const curvature = curvatureOf(energy, output);
  if (kind === 'euler' || beta === 0 || curvature === undefined) return;
  const [least, most] = boundsOf(cost);
  let worst = weights[0];
  for (const weight of weights) worst = beta < 0 ? Math.max(worst, weight) : Math.min(worst, weight);
  const total = curvature + Math.max(beta * worst * least, beta * worst * most);
  if (total > 0) return;
  throw new ArgumentError(
    `dynamics cannot be ${kind}, as F has curvature ${total} in '${energy.nameOf(output)}' at beta ${beta} and weight ${worst}, which must be above 0: ${beta < 0 ? 'lower beta or the weight' : 'add a leak'}, or take euler`,
  );
}
