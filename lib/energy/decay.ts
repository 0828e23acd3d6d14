import { checkNumber, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { isMade, own, ownObject } from '../own.js';
import type { ComplexCostGradient, Cost } from './cost.js';
import type { ParameterSpec } from './interaction.js';
import { Layer } from './layer.js';
import { markPart } from './marked.js';
import { type Problem, parametersOf } from './problem.js';
import { snapshotCost } from './snapshot.js';

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
  readonly value: Cost['value'];
  readonly stateGradient: Cost['stateGradient'];
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
    this.value = cost.value.bind(cost);
    this.stateGradient = cost.stateGradient.bind(cost);
    if (cost.parameterGradient !== undefined) this.parameterGradient = cost.parameterGradient.bind(cost);
    if (cost.readOut !== undefined) this.readOut = cost.readOut.bind(cost);
    markPart(this);
  }
}

/**
 * A cost with weight decay: `cost` and ½ λ ‖θ‖² for each parameter θ that is named, such as `withDecay(squaredError(y),
 * { 'dense1.weight': 1e-4 })`. It belongs to C, which the objective J(θ) is made of, so that its gradient λ θ is part
 * of every estimate (Scellier and Bengio 2017, theorem 1, the term ∂C/∂θ). What the cost decays already is added to.
 * @throws ArgumentError for what is no cost, no object, or a λ that is not a finite number of at least 0
 */
export function withDecay(cost: Cost, decay: Readonly<Record<string, number>>): DecayedCost {
  const plain = snapshotCost('withDecay cost', cost);
  const isCost = [plain.value, plain.stateGradient].every((method: unknown) => typeof method === 'function');
  if (!isCost || !isMade(plain.layer) || !(plain.layer instanceof Layer)) {
    throw new ArgumentError(`withDecay cost must be a cost such as squaredError(y), but ${describe(cost)} was given`);
  }
  const total = new Map(decayIn('withDecay cost decay', plain.decay ?? {}));
  for (const [name, lambda] of decayIn('withDecay decay', decay)) total.set(name, (total.get(name) ?? 0) + lambda);
  return new DecayedCost(undecayed(plain), Object.freeze(Object.fromEntries(total)));
}

/** λ by parameter. */
function decayIn(what: string, decay: unknown): [name: string, lambda: number][] {
  const values = own(what, decay);
  if (typeof values !== 'object' || values === null || Array.isArray(values) || ArrayBuffer.isView(values)) {
    throw new ArgumentError(
      `${what} must be an object of a number by parameter, { 'dense1.weight': 1e-4 }, but ${describe(decay)} was given`,
    );
  }
  return Object.entries(ownObject(what, values)).map(([name, lambda]) => [
    name,
    checkNumber(`${what} of '${name}'`, lambda, 0),
  ]);
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
