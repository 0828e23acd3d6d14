import type { Layer } from './layer.js';

/**
 * What the nudge lowers: a cost C of the output layer's state and a target. Like an interaction, it has its derivative
 * in closed form, and one of a user's own runs on the javascript engine.
 */
export interface Cost {
  readonly kind: string;
  /** The layer whose state it reads. */
  readonly layer: Layer;
  /** ∂²C/∂s² of every unit, where C is quadratic. */
  readonly curvature?: number;
  /** cost[e] += C of example e; states and targets are row-major [batch, units]. */
  value(states: Float64Array, targets: Float64Array, batch: number, cost: Float64Array): void;
  /** gradient[e, j] += scale · ∂C / ∂states[e, j]. */
  stateGradient(
    states: Float64Array,
    targets: Float64Array,
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void;
}
