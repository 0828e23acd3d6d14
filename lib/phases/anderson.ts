import { checkInteger, checkOptions } from '../check.js';
import { checkRelaxed, type RelaxedOptions } from './fixed-point.js';

/** Accelerated fixed-point iteration; made by {@link anderson}, which says what its settings mean. */
export interface Anderson {
  /** The name of its maker. */
  readonly kind: 'anderson';
  /** How many earlier iterations are combined. */
  readonly memory: number;
  /** ω: see {@link RelaxedOptions}. */
  readonly relaxation: number;
  /** The most iterations taken. */
  readonly iterations: number;
  /** The largest change of a state in one iteration at which an example rests. */
  readonly tolerance: number;
}

/** Options of {@link anderson}. */
export interface AndersonOptions extends RelaxedOptions {
  /** How many earlier iterations are combined. Default 5. */
  memory?: number | undefined;
}

/**
 * Anderson acceleration of `fixedPoint`: the next state is that combination of the last iterations whose residuals cancel
 * best, for every example by itself (Anderson 1965; used by deep equilibrium models, Bai et al. 2019). The residual that
 * it reports is the plain iteration's. Where a combination makes that much worse, the memory starts anew.
 * @throws ArgumentError for a memory that is not from 1 to 64, a relaxation outside (0, 2), a negative count or tolerance
 */
export function anderson(options: AndersonOptions = {}): Anderson {
  options = checkOptions('anderson options', options, ['memory', 'relaxation', 'iterations', 'tolerance']);
  const { memory = 5, ...relaxed } = options;
  return Object.freeze({
    kind: 'anderson',
    memory: checkInteger('anderson memory', memory, 1, 64),
    ...checkRelaxed('anderson', relaxed),
  });
}
