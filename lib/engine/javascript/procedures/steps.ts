import type { Euler } from '../../../phases/euler.js';
import { addContrast } from '../contrast.js';
import type { States } from '../network.js';
import type { End } from '../real-phase.js';
import { settle } from '../settle.js';
import type { Run } from './run.js';
import { backpropagate } from './truncated-backprop.js';

export interface StepOptions {
  /** Settles the free phase, and, one step at a time, the nudged ones. */
  readonly free: Euler;
  readonly beta: number;
  readonly steps: number;
}

/** Two accounts of the same steps, the nudged phase's first step beside back-propagation's last. */
export interface StepComparison {
  /** The residual of the free phase, by example. */
  readonly residual: Float64Array;
  /** By step, then by layer: half the difference of the changes under +β and −β, over β. */
  readonly nudgedStates: States[];
  /** By step, then by layer: −ε ∂C/∂s. */
  readonly backwardStates: States[];
  /** By step, then by parameter: the same difference of the changes of ∂E/∂θ, the mean over the batch. */
  readonly nudgedGradients: Float64Array[][];
  /** By step, then by parameter: what the step contributes to the gradient. */
  readonly backwardGradients: Float64Array[][];
}

/**
 * Nudged Euler steps from the free equilibrium beside back-propagation through as many steps at rest: where the equilibrium is
 * a true one, step by step the same, for states and parameters (Ernoult et al. 2019, theorem 1).
 */
export async function compareSteps(run: Run, { free, beta, steps }: StepOptions): Promise<StepComparison> {
  const { network, world, pause } = run;
  const { free: rest, backward } = await backpropagate(run, { kind: 'truncatedBackprop', free, steps });
  const one = { ...free, iterations: 1, tolerance: 0 };
  const nudgedStates: States[] = [];
  const nudgedGradients: Float64Array[][] = [];
  let [up, down]: [End, End] = [rest, rest];
  for (let t = 0; t < steps; t++) {
    const [nextUp, nextDown] = [
      await settle(network, world, up.states, { beta, dynamics: one }, pause),
      await settle(network, world, down.states, { beta: -beta, dynamics: one }, pause),
    ];

    nudgedStates.push(
      up.states.map((s, layer) =>
        s.map((x, j) => {
          const [moved, mirrored] = [nextUp.states[layer][j] - x, nextDown.states[layer][j] - down.states[layer][j]];
          return (moved - mirrored) / (2 * beta);
        }),
      ),
    );
    const gradients = network.zeroGradients();
    const half = 1 / (2 * beta);
    const terms = [
      { end: nextUp, coefficient: half },
      { end: up, coefficient: -half },
      { end: nextDown, coefficient: -half },
      { end: down, coefficient: half },
    ];
    addContrast(network, world.batch, terms, gradients);
    nudgedGradients.push(gradients);
    [up, down] = [nextUp, nextDown];
  }
  const backwardStates = backward.states.map((states) => states.map((s) => s.map((x) => -free.stepSize * x)));
  return {
    residual: rest.residual,
    nudgedStates,
    backwardStates,
    nudgedGradients,
    backwardGradients: backward.gradients,
  };
}
