import type { Random } from '../random.js';
import type { Complex, ComplexArray } from './complex.js';
import type { Layer } from './layer.js';

/** A parameter of an interaction or a cost. Interactions, or a cost, that list the very same object share its values. */
export interface ParameterSpec {
  /** Its name within the interaction, such as `weight`: the model calls it `dense1.weight`. */
  readonly name: string;
  /** Of its values, row-major. */
  readonly shape: readonly number[];
  /** What no value of it may be below, such as 0 for a conductance: updates stop there. Default: no bound. */
  readonly least?: number | undefined;
  /** Writes the values that a training starts from into `data`, row-major. */
  initialise(data: Float64Array, random: Random): void;
}

/** Adds a number for every unit of a layer to its last argument. */
export type PerUnit = (layer: number, parameters: readonly Float64Array[], out: Float64Array) => void;

/**
 * One local summand of an energy, with its derivatives in closed form. What the package ships implements it, and what
 * a user writes: an object of one's own runs on the javascript engine.
 *
 * `values` holds, for each of `layers` in their order, the numbers of a batch, row-major [batch, units]: states s, or
 * activities ρ(s), whichever the interaction reads. Derivatives are with respect to what it reads; the engine applies
 * ρ′. `parameters` holds the values of each of `parameters` in their order, row-major. All methods add to their last
 * argument and write nothing else.
 */
export interface Interaction {
  /** What kind of interaction this is, such as `dense`; names are made of it. */
  readonly kind: string;
  /** Its name in the energy; the kind and a number by default. */
  readonly name?: string | undefined;
  /** The layers that it reads, in the order of `values`. */
  readonly layers: readonly Layer[];
  /** What of them: states s, or activities ρ(s). */
  readonly reads: 'state' | 'activity';
  /** Whether the energy is linear in each layer's values, so that a layer's derivative does not depend on its own
   * values. Where all other layers are clamped it is then computed once a batch. Default false. */
  readonly linear?: boolean | undefined;
  /** Whether the energy is a polynomial of degree two, or less, in all its values together: its derivatives then follow
   * complex states and have derivatives of their own without a word more. Default false. */
  readonly quadratic?: boolean | undefined;
  /** What ∂²energy/∂s² of a unit is at most, the other units held fixed: one number for all units, or what a function
   * adds for each. Dynamics that go to a layer's minimiser need it. */
  readonly curvature?: number | PerUnit | undefined;
  /** For an energy that joins units of one layer: what the |∂²energy/∂s_i∂s_j| of a unit add up to, at most, over the
   * other units of its layer; nothing where the energy is concave in the layer, as the curvature then bounds it whole.
   * Coordinate descent needs it, which moves a layer's units together. */
  readonly coupling?: PerUnit | undefined;
  /** For an energy Σ φ(s) over the units of one layer, φ strictly convex: where φ′(s) = x. Dynamics that go to a
   * layer's minimiser take it instead of a curvature. */
  readonly response?: ((x: number) => number) | undefined;
  /** For forces that come from no energy, such as those of `untied` weights: which layer's force each parameter enters.
   * `stateGradient` is then minus the force, and `parameterGradient` the derivative of −Σ force · values of that layer. */
  readonly entersForceOn?: readonly number[] | undefined;
  /** Derivatives at complex values, for an energy that is analytic but not quadratic. */
  readonly complex?: ComplexGradients | undefined;
  /** What it learns, in the order of `parameters`; may be empty. */
  readonly parameters: readonly ParameterSpec[];

  /** energy[e] += the energy of example e. */
  energy(
    values: readonly Float64Array[],
    parameters: readonly Float64Array[],
    batch: number,
    energy: Float64Array,
  ): void;

  /** gradient[e, j] += ∂energy[e] / ∂values[layer][e, j]. */
  stateGradient(
    layer: number,
    values: readonly Float64Array[],
    parameters: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void;

  /** gradient[k] += scale · Σ over the batch of ∂energy[e] / ∂parameters[parameter][k]. */
  parameterGradient(
    parameter: number,
    values: readonly Float64Array[],
    parameters: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void;
}

/** The derivatives of an interaction at complex values, without any conjugation; parameters stay real. */
export interface ComplexGradients {
  /** gradient[e, j] += ∂energy[e] / ∂values[layer][e, j]. */
  stateGradient(
    layer: number,
    values: readonly ComplexArray[],
    parameters: readonly Float64Array[],
    batch: number,
    gradient: ComplexArray,
  ): void;
  /** gradient[k] += scale · Σ over the batch of ∂energy[e] / ∂parameters[parameter][k]. */
  parameterGradient(
    parameter: number,
    values: readonly ComplexArray[],
    parameters: readonly Float64Array[],
    batch: number,
    scale: Complex,
    gradient: ComplexArray,
  ): void;
  /** The interaction's `response` at a complex number. */
  response?(x: Complex): Complex;
}
