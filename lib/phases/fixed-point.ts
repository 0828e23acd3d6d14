import { checkInteger, checkNumber, checkOptions, describe } from '../check.js';
import { ArgumentError } from '../errors.js';

/** All layers at once to their minimisers; made by {@link fixedPoint}. */
export interface FixedPoint {
  /** The name of its maker. */
  readonly kind: 'fixedPoint';
  /** ω: see {@link RelaxedOptions}. */
  readonly relaxation: number;
  /** The most iterations taken. */
  readonly iterations: number;
  /** The largest change of a state in one iteration at which an example rests. */
  readonly tolerance: number;
}

/** Options of {@link fixedPoint} and {@link coordinateDescent}. */
export interface RelaxedOptions {
  /** ω, above 0 and below 2: 1 goes to the minimiser, less damps, more over-relaxes. Default 1. */
  relaxation?: number | undefined;
  /** The most iterations taken. Default 20. */
  iterations?: number | undefined;
  /** An example stops as soon as no state of it changes by more than this in one iteration. Default 0: every example
   * takes all of them. */
  tolerance?: number | undefined;
}

/**
 * Synchronous iteration: every layer goes at once to where its own derivative of F vanishes with the others held fixed,
 * s ← clip((ρ′(s) input + β d) / (leak + β)) for a squared error. Two units that inhibit each other can cycle for ever:
 * they are reported as not converged. Damp it, or take {@link coordinateDescent}.
 * @throws ArgumentError for a relaxation outside (0, 2), a negative count or tolerance
 */
export function fixedPoint(options: RelaxedOptions = {}): FixedPoint {
  return Object.freeze({ kind: 'fixedPoint', ...checkRelaxed('fixedPoint', options) });
}

/** @throws ArgumentError for a relaxation outside (0, 2), a negative count or tolerance */
export function checkRelaxed(name: string, options: RelaxedOptions) {
  options = checkOptions(`${name} options`, options, ['relaxation', 'iterations', 'tolerance']);
  return {
    relaxation: checkRelaxation(`${name} relaxation`, options.relaxation ?? 1),
    iterations: checkInteger(`${name} iterations`, options.iterations ?? 20, 0),
    tolerance: checkNumber(`${name} tolerance`, options.tolerance ?? 0, 0),
  };
}

/** @throws ArgumentError for a relaxation outside (0, 2) */
export function checkRelaxation(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value < 2) return value;
  throw new ArgumentError(`${name} must be a number above 0 and below 2, but ${describe(value)} was given`);
}
