import { type ClampedProblem, parametersOf } from '../energy/problem.js';
import type { StepComparison } from '../engine/javascript/procedures/steps.js';
import { compareArrays } from './compare.js';

/** One layer's or one parameter's account, step by step. */
export interface StepCurve {
  /** A layer, or a parameter. */
  readonly name: string;
  /** The norm of what the nudged phase says, by step. */
  readonly nudged: readonly number[];
  /** The norm of what back-propagation says, by step. */
  readonly backward: readonly number[];
  /** ‖nudged − backward‖ / ‖backward‖ over all steps. */
  readonly relativeError: number;
}

/** Nudged updates beside truncated back-propagation (Ernoult et al. 2019). */
export interface StepReport {
  /** Of each free layer: what the nudge moves it by, over β, beside −ε ∂C/∂s. */
  readonly layers: readonly StepCurve[];
  /** Of each parameter: what the step adds to its estimate, beside what it adds to the gradient. */
  readonly parameters: readonly StepCurve[];
  /** The largest residual of the free phase: the comparison is exact where it is 0. */
  readonly residual: number;
}

export function stepReportOf(problem: ClampedProblem, comparison: StepComparison): StepReport {
  const layers = [...problem.energy.layers].flatMap(([name, layer], i) =>
    problem.clamped.has(layer) ? [] : [curveOf(name, i, comparison.nudgedStates, comparison.backwardStates)],
  );
  const parameters = [...parametersOf(problem).keys()]
    .slice(0, problem.energy.parameters.size)
    .map((name, i) => curveOf(name, i, comparison.nudgedGradients, comparison.backwardGradients));
  return { layers, parameters, residual: comparison.residual.reduce((a, b) => Math.max(a, b), 0) };
}

/** Where Euler's method does not settle the network: no steps, and errors that are no numbers. */
export function lostStepReport(problem: ClampedProblem): StepReport {
  const curveOf = (name: string): StepCurve => ({ name, nudged: [], backward: [], relativeError: Number.NaN });
  const layers = [...problem.energy.layers].flatMap(([name, layer]) =>
    problem.clamped.has(layer) ? [] : [curveOf(name)],
  );
  const parameters = [...parametersOf(problem).keys()].slice(0, problem.energy.parameters.size).map(curveOf);
  return { layers, parameters, residual: Number.NaN };
}

type BySteps = readonly (readonly Float64Array[])[];

function curveOf(name: string, i: number, nudged: BySteps, backward: BySteps): StepCurve {
  const joined = (steps: BySteps) => Float64Array.from(steps.flatMap((step) => Array.from(step[i])));
  return {
    name,
    nudged: nudged.map((step) => norm(step[i])),
    backward: backward.map((step) => norm(step[i])),
    relativeError: compareArrays(joined(nudged), joined(backward)).relativeError,
  };
}

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
