import type { Dynamics } from '../../phases/dynamics.js';
import type { Settled } from '../engine.js';
import type { States } from './network.js';

/** A phase of real states. */
export interface RealPhase {
  readonly beta: number;
  readonly dynamics: Dynamics;
  /** Where the output stands between the state that the phase starts from and the target, rather than to settle. */
  readonly clamp?: number;
}

/** The end of a phase. */
export interface End extends Settled {
  readonly states: States;
  readonly activities: States;
}
