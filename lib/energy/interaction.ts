import type { Random } from '../random.js';
import type { Layer } from './layer.js';

/** A parameter of an interaction. */
export interface ParameterSpec {
  /** Its name within the interaction, such as `weight`: the model calls it `dense1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Writes the values that a training starts from into `data`, row-major. */
  initialise(data: Float64Array, random: Random): void;
}

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
  readonly layers: readonly Layer[];
  readonly reads: 'state' | 'activity';
  /** Whether the energy is linear in each layer's values, so that a layer's derivative does not depend on its own
   * values. Where all other layers are clamped it is then computed once a batch. Default false. */
  readonly linear?: boolean;
  /** ∂²energy/∂s² of every unit, where the energy is quadratic in each layer's states and nothing else: what dynamics need
   * that go to a layer's minimiser. */
  readonly curvature?: number;
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
