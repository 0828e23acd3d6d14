import type { Dynamics } from './dynamics.js';

/** What every procedure begins with. */
interface Settles {
  /** The dynamics of the free phase. */
  readonly free: Dynamics;
}

interface Nudges extends Settles {
  /** With its sign. */
  readonly beta: number;
  readonly nudged: Dynamics;
}

/** The parameters move at every step of the nudged phase: see `continual`. */
export interface ContinualProcedure extends Nudges {
  readonly kind: 'continual';
  /** What the parameters move by, times their increment, where no optimizer does it: when a gradient is asked for. */
  readonly learningRate: number;
}

/** The contrast as an integral along the nudged phase: see `plasticity`. */
export interface PlasticityProcedure extends Nudges {
  readonly kind: 'plasticity';
}

/** Pre-synaptic activity times post-synaptic change: see `vectorField`. */
export interface VectorFieldProcedure extends Nudges {
  readonly kind: 'vectorField';
  /** Whether also −β is settled, and the change is half the way between the two. */
  readonly centered: boolean;
}

/** Averages along two trajectories with noise: see `stochastic`. */
export interface StochasticProcedure extends Nudges {
  readonly kind: 'stochastic';
  /** Iterations of each phase that come before those that are averaged. */
  readonly burnIn: number;
  readonly centered: boolean;
}

/** A linear system at the free equilibrium: see `recurrentBackprop`. */
export interface RecurrentBackpropProcedure extends Settles {
  readonly kind: 'recurrentBackprop';
  /** Conjugate gradients stop at this residual, relative to the right-hand side, or after so many iterations. */
  readonly tolerance: number;
  readonly iterations: number;
}

/** Back-propagation through the last steps of the free phase: see `truncatedBackprop`. */
export interface TruncatedBackpropProcedure extends Settles {
  readonly kind: 'truncatedBackprop';
  /** Steps that are differentiated. They follow those of `free`. */
  readonly steps: number;
}

/** Two settlings for each parameter: see `finiteDifferences`. */
export interface FiniteDifferencesProcedure extends Settles {
  readonly kind: 'finiteDifferences';
  /** How far each parameter is moved up and down. */
  readonly step: number;
}

/** An estimator that is no list of phases and terms. */
export type Procedure =
  | ContinualProcedure
  | PlasticityProcedure
  | VectorFieldProcedure
  | StochasticProcedure
  | RecurrentBackpropProcedure
  | TruncatedBackpropProcedure
  | FiniteDifferencesProcedure;
