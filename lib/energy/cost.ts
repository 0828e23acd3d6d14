import type { Complex, ComplexArray } from './complex.js';
import type { ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';

/**
 * What the nudge lowers: a cost C of the output layer's state y and a target d. Like an interaction, it has its
 * derivatives in closed form, and one of a user's own runs on the javascript engine. States are row-major [batch, units],
 * targets [batch, ...targetShape]; all methods add to their last argument and write nothing else.
 */
export interface Cost {
  /** What kind of cost this is, such as `squaredError`. */
  readonly kind: string;
  /** What its parameters' names begin with. Default: the kind. */
  readonly name?: string | undefined;
  /** The layer whose state it reads. */
  readonly layer: Layer;
  /** The shape of one target, and of the read-out. Default: the layer's. */
  readonly targetShape?: readonly number[] | undefined;
  /** Parameters of its own, such as those of a read-out: their gradient is ∂C/∂θ at the free state. Default: none. */
  readonly parameters?: readonly ParameterSpec[] | undefined;
  /** λ by name of a parameter: C contains ½ λ ‖θ‖² (weight decay). */
  readonly decay?: Readonly<Record<string, number>> | undefined;
  /** ∂²C/∂y² of every unit where C is quadratic; else the least and the most that an eigenvalue of C's second derivative
   * can be. Dynamics that go to a layer's minimiser need it. */
  readonly curvature?: number | readonly [least: number, most: number] | undefined;
  /** Whether C is a polynomial of degree two, or less, in y. Default false. */
  readonly quadratic?: boolean | undefined;
  /** The derivative at complex states, for a cost that is analytic but not quadratic. */
  readonly complex?: ComplexCostGradient | undefined;

  /** cost[e] += C of example e, without the decay. */
  value(
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    cost: Float64Array,
  ): void;
  /** gradient[e, j] += scale · ∂C / ∂states[e, j]. */
  stateGradient(
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void;
  /** gradient[k] += Σ over the batch of scale[e] · ∂C / ∂parameters[parameter][k]. */
  parameterGradient?(
    parameter: number,
    states: Float64Array,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    scale: Float64Array,
    gradient: Float64Array,
  ): void;
  /** outputs += what is read out of states, [batch, ...targetShape]. Default: the states themselves. */
  readOut?(states: Float64Array, parameters: readonly Float64Array[], batch: number, outputs: Float64Array): void;
}

/** A cost's derivative at complex states, for a cost that is analytic but not quadratic. */
export interface ComplexCostGradient {
  /** gradient[e, j] += scale · ∂C / ∂states[e, j]. */
  stateGradient(
    states: ComplexArray,
    targets: Float64Array,
    parameters: readonly Float64Array[],
    batch: number,
    scale: Complex,
    gradient: ComplexArray,
  ): void;
}

/** The least and the most that ∂²C/∂y² can be; a cost that does not say is nudged by as it is. */
export function boundsOf({ curvature }: Pick<Cost, 'curvature'>): readonly [least: number, most: number] {
  if (curvature === undefined) return [0, 0];
  return typeof curvature === 'number' ? [curvature, curvature] : curvature;
}
