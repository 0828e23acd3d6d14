import { checkBoolean, checkInteger, checkNumber, checkOptions, checkPositive } from '../check.js';

/** Gradient flow with noise; made by {@link langevin}. */
export interface Langevin {
  /** The name of its maker. */
  readonly kind: 'langevin';
  /** τ */
  readonly temperature: number;
  /** ε */
  readonly stepSize: number;
  /** Steps taken. */
  readonly iterations: number;
  /** 0: noise never rests. */
  readonly tolerance: number;
  /** Whether steps are accepted or refused by the Metropolis rule. */
  readonly adjusted: boolean;
}

/** Options of {@link langevin}. */
export interface LangevinOptions {
  /** τ, at least 0: the states are in the end distributed as exp(−F/τ). */
  temperature: number;
  /** ε. Default 0.1. */
  stepSize?: number | undefined;
  /** Steps taken; there is no state to rest in. Default 20. */
  iterations?: number | undefined;
  /** Whether a step is refused with the probability that makes the distribution exact for any step size (Metropolis;
   * Roberts and Tweedie 1996), all layers together. Needs a temperature above 0. Default false. */
  adjusted?: boolean | undefined;
  /** Taken, as all dynamics have one, but of no effect: noise never rests. */
  tolerance?: number | undefined;
}

/**
 * Gradient flow with noise, ds = −∂F/∂s dt + √(2τ) dB (Scellier and Bengio 2017, appendix C), in steps s ← clip(s − ε ∂F/∂s
 * + √(2ετ) ξ). Noise is drawn for each example by itself, from the model's seed. Never converged.
 * @throws ArgumentError for a temperature below 0, a step size that is not above 0, a negative count or tolerance
 */
export function langevin(options: LangevinOptions): Langevin {
  options = checkOptions('langevin options', options, [
    'temperature',
    'stepSize',
    'iterations',
    'adjusted',
    'tolerance',
  ]);
  const temperature = checkNumber('langevin temperature', options.temperature, 0);
  const adjusted = checkBoolean('langevin adjusted', options.adjusted ?? false);
  checkNumber('langevin tolerance', options.tolerance ?? 0, 0);
  if (adjusted) checkPositive('langevin temperature of adjusted steps', temperature);
  return Object.freeze({
    kind: 'langevin',
    temperature,
    stepSize: checkPositive('langevin stepSize', options.stepSize ?? 0.1),
    iterations: checkInteger('langevin iterations', options.iterations ?? 20, 0),
    tolerance: 0,
    adjusted,
  });
}
