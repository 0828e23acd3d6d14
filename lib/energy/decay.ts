import { checkNumber, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { ComplexCostGradient, Cost } from './cost.js';
import type { ParameterSpec } from './interaction.js';
import { Layer } from './layer.js';
import { type Problem, parametersOf } from './problem.js';

/** A cost and ½ Σ λ ‖θ‖² of parameters; made by {@link withDecay}. Everything but the decay is the cost's own. */
export class DecayedCost implements Cost {
  /** The cost without what was added. */
  readonly cost: Cost;
  readonly decay: Readonly<Record<string, number>>;
  readonly kind: string;
  readonly name: string | undefined;
  readonly layer: Layer;
  readonly targetShape?: readonly number[];
  readonly parameters?: readonly ParameterSpec[];
  readonly curvature?: number | readonly [least: number, most: number];
  readonly quadratic?: boolean;
  readonly complex?: ComplexCostGradient;
  readonly parameterGradient?: Cost['parameterGradient'] & {};
  readonly readOut?: Cost['readOut'] & {};

  constructor(cost: Cost, decay: Readonly<Record<string, number>>) {
    this.cost = cost;
    this.decay = decay;
    this.kind = cost.kind;
    this.name = cost.name;
    this.layer = cost.layer;
    if (cost.targetShape !== undefined) this.targetShape = cost.targetShape;
    if (cost.parameters !== undefined) this.parameters = cost.parameters;
    if (cost.curvature !== undefined) this.curvature = cost.curvature;
    if (cost.quadratic !== undefined) this.quadratic = cost.quadratic;
    if (cost.complex !== undefined) this.complex = cost.complex;
    if (cost.parameterGradient !== undefined) this.parameterGradient = cost.parameterGradient.bind(cost);
    if (cost.readOut !== undefined) this.readOut = cost.readOut.bind(cost);
  }

  value(...call: Parameters<Cost['value']>): void {
    this.cost.value(...call);
  }

  stateGradient(...call: Parameters<Cost['stateGradient']>): void {
    this.cost.stateGradient(...call);
  }
}

/**
 * A cost with weight decay: `cost` and ½ λ ‖θ‖² for each parameter θ that is named, such as `withDecay(squaredError(y),
 * { 'dense1.weight': 1e-4 })`. It belongs to C, which the objective J(θ) is made of, so that its gradient λ θ is part
 * of every estimate (Scellier and Bengio 2017, theorem 1, the term ∂C/∂θ). What the cost decays already is added to.
 * @throws ArgumentError for what is no cost, no object, or a λ that is not a finite number of at least 0
 */
export function withDecay(cost: Cost, decay: Readonly<Record<string, number>>): DecayedCost {
  if (
    typeof cost !== 'object' ||
    cost === null ||
    !(cost.layer instanceof Layer) ||
    typeof cost.stateGradient !== 'function'
  ) {
    throw new ArgumentError(`withDecay cost must be a cost such as squaredError(y), but ${describe(cost)} was given`);
  }
  if (typeof decay !== 'object' || decay === null || Array.isArray(decay) || ArrayBuffer.isView(decay)) {
    throw new ArgumentError(
      `withDecay decay must be an object of a number by parameter, { 'dense1.weight': 1e-4 }, but ${describe(decay)} was given`,
    );
  }
  const total = new Map(Object.entries(cost.decay ?? {}));
  for (const [name, lambda] of Object.entries(decay)) {
    total.set(name, (total.get(name) ?? 0) + checkNumber(`withDecay decay of '${name}'`, lambda, 0));
  }
  return new DecayedCost(undecayed(cost), Object.freeze(Object.fromEntries(total)));
}

/** The cost itself, without what `withDecay` added. */
export function undecayed(cost: Cost): Cost {
  return cost instanceof DecayedCost ? cost.cost : cost;
}

/**
 * Refuses a decay of what is no parameter. `name` is the argument.
 * @throws ArgumentError that lists the parameters there are
 */
export function checkDecay(name: string, problem: Pick<Problem, 'energy' | 'cost'>): void {
  const parameters = parametersOf(problem);
  for (const decayed of Object.keys(problem.cost.decay ?? {})) {
    if (parameters.has(decayed)) continue;
    throw new ArgumentError(
      `${name} decays '${decayed}', which is no parameter; there are ${[...parameters.keys()].join(', ')}`,
      'ERR_NAME',
    );
  }
}
