import { checkInteger, checkNumber, checkOptions, checkPositive } from '../check.js';

/** Steps along the gradient flow; made by {@link euler}. */
export interface Euler {
  /** The name of its maker. */
  readonly kind: 'euler';
  /** ε, in units of the leak's time constant. */
  readonly stepSize: number;
  /** The most iterations taken. */
  readonly iterations: number;
  /** The largest change of a state in one iteration at which an example rests. */
  readonly tolerance: number;
}

/** Options of {@link euler}. */
export interface EulerOptions {
  /** ε, in units of the leak's time constant. Default 0.5, the paper's. */
  stepSize?: number | undefined;
  /** The most steps taken. Default 20. */
  iterations?: number | undefined;
  /** An example stops as soon as no state of it changes by more than this in one step. Default 0: every example takes
   * all the steps. */
  tolerance?: number | undefined;
}

/**
 * Euler's method on the gradient flow ds/dt = −∂F/∂s, all layers at once, states clipped to their range after each step
 * (Scellier and Bengio 2017, equations 2 and 8). What matters is the relaxation time, iterations · stepSize.
 * @throws ArgumentError for a step size that is not above 0, a negative count or tolerance
 */
export function euler(options: EulerOptions = {}): Euler {
  options = checkOptions('euler options', options, ['stepSize', 'iterations', 'tolerance']);
  return Object.freeze({
    kind: 'euler',
    stepSize: checkPositive('euler stepSize', options.stepSize ?? 0.5),
    iterations: checkInteger('euler iterations', options.iterations ?? 20, 0),
    tolerance: checkNumber('euler tolerance', options.tolerance ?? 0, 0),
  });
}
