import { sizeOf } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { Cost } from './cost.js';
import type { Energy } from './energy.js';
import type { ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';

/** An energy, what nudges it, where data enters and where it is read out. */
export interface Problem {
  readonly energy: Energy;
  readonly cost: Cost;
  readonly input: Layer;
  /** The cost's layer: it is nudged and read out. */
  readonly output: Layer;
}

/** A problem whose layers do not all settle. */
export interface ClampedProblem extends Problem {
  /** The layers that are given from outside, wholly: the input in a training, others in other calls. */
  readonly clamped: ReadonlySet<Layer>;
}

/** The parameters by name: the energy's, then the cost's own. */
export function parametersOf({ energy, cost }: Pick<Problem, 'energy' | 'cost'>): ReadonlyMap<string, ParameterSpec> {
  const parameters = new Map<string, ParameterSpec>();
  for (const [name, { spec }] of energy.parameters) parameters.set(name, spec);
  const shared = new Set(parameters.values());
  for (const spec of cost.parameters ?? []) {
    if (shared.has(spec)) continue; // the cost reads what the energy owns
    const name = `${cost.name ?? cost.kind}.${spec.name}`;
    if (parameters.has(name)) {
      throw new ArgumentError(
        `two parameters have the name '${name}', one of the energy and one of the cost`,
        'ERR_NAME',
      );
    }
    parameters.set(name, spec);
  }
  return parameters;
}

export function targetShapeOf(cost: Cost): readonly number[] {
  return cost.targetShape ?? cost.layer.shape;
}

/** Numbers in a target. */
export function targetSizeOf(cost: Cost): number {
  return sizeOf(targetShapeOf(cost));
}
