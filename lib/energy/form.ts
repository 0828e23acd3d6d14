import { createHash } from 'node:crypto';
import { ArgumentError } from '../errors.js';
import { describeProblem } from './describe.js';
import type { Problem } from './problem.js';

/** By what a model is known again, whatever its parameters hold: the SHA-256, in hexadecimal, of its layers, interactions and
 * cost with their options; where any is a user's own, of layers and kinds. */
export function formOf(problem: Problem): string {
  return createHash('sha256')
    .update(JSON.stringify(describe(problem)))
    .digest('hex');
}

function describe(problem: Problem): object {
  try {
    return describeProblem(problem);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const { energy, cost } = problem;
    const layers = [...energy.layers].map(([name, { shape, activation, range }]) => [
      name,
      shape,
      activation,
      ...range,
    ]);
    return { layers, interactions: [...energy.interactions].map(([name, { kind }]) => [name, kind]), cost: cost.kind };
  }
}
