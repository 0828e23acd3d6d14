import type { ClampedProblem } from '../energy/problem.js';
import type { Engine, Plan } from './engine.js';
import { JavascriptPlan } from './javascript/plan.js';

/** The readable engine: any energy, any interaction, float64, on JavaScript's own thread. */
export const javascriptEngine: Engine = {
  name: 'javascript',
  isa: 'none',
  precision: 'float64',
  threads: 1,
  compile: (problem: ClampedProblem): Plan => new JavascriptPlan(problem),
};
