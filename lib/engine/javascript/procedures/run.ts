import type { Network, States } from '../network.js';
import type { End } from '../real-phase.js';
import type { Pause, World } from '../world.js';

/** What a procedure works on: one batch. */
export interface Run {
  readonly network: Network;
  readonly world: World;
  /** Where the free phase starts. */
  readonly start: States;
  readonly pause: Pause;
}

/** What a procedure finds, by parameter: the mean over the batch. */
export interface Outcome {
  /** The end of the free phase. */
  readonly free: End;
  /** Without ∂C/∂θ, unless `complete`. */
  readonly gradients: Float64Array[];
  readonly complete?: boolean;
  /** The ends of all phases, where they tell whether they have settled. */
  readonly ends?: readonly { readonly residual: Float64Array; readonly converged: Uint8Array }[];
}
