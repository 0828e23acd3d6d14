import { checkBoolean, checkChoice, checkInteger, checkNumber, checkOptions, checkPositive } from '../check.js';
import { ArgumentError } from '../errors.js';
import { checkDynamics, type Dynamics } from './dynamics.js';

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

type Checks = Readonly<Record<string, (name: string, value: unknown) => unknown>>;

function checkNudge(name: string, value: unknown): number {
  const beta = checkNumber(name, value);
  if (beta === 0) throw new ArgumentError(`${name} must not be 0, as the gradient is divided by it, but 0 was given`);
  return beta;
}

const dynamics = (name: string, value: unknown) => checkDynamics(name, value as Dynamics);
const count = (name: string, value: unknown) => checkInteger(name, value, 0);
const rate = (name: string, value: unknown) => checkNumber(name, value, 0);
const nudges: Checks = { free: dynamics, nudged: dynamics, beta: checkNudge };

/** What each kind is made of. */
const FIELDS: Readonly<Record<Procedure['kind'], Checks>> = {
  continual: { ...nudges, learningRate: rate },
  plasticity: nudges,
  vectorField: { ...nudges, centered: checkBoolean },
  stochastic: { ...nudges, burnIn: count, centered: checkBoolean },
  recurrentBackprop: { free: dynamics, tolerance: checkPositive, iterations: count },
  truncatedBackprop: { free: dynamics, steps: (name, value) => checkInteger(name, value, 1) },
  finiteDifferences: { free: dynamics, step: checkPositive },
};

/** A copy of a procedure that anybody may have written, of the kind that was given for it.
 * @throws ArgumentError for what is none */
export function checkProcedure(name: string, given: unknown, value: Procedure): Procedure {
  const kind = checkChoice(`${name} kind`, given, Object.keys(FIELDS) as Procedure['kind'][]);
  const checks = FIELDS[kind];
  const options = checkOptions(name, value as unknown, ['kind', ...Object.keys(checks)]);
  const fields = Object.entries(checks).map(([field, check]) => [field, check(`${name} ${field}`, options[field])]);
  return { kind, ...Object.fromEntries(fields) };
}

/** Whether it moves parameters in a training, so that all updates have been made when it ends. */
export function movesParameters({ kind }: Procedure): boolean {
  return kind === 'continual';
}

/** The dynamics that a procedure settles with, and at which β. */
export function phasesOf(procedure: Procedure): { beta: number; dynamics: Dynamics }[] {
  const phases = [{ beta: 0, dynamics: procedure.free }];
  if (!('nudged' in procedure)) return phases;
  phases.push({ beta: procedure.beta, dynamics: procedure.nudged });
  if ('centered' in procedure && procedure.centered) phases.push({ beta: -procedure.beta, dynamics: procedure.nudged });
  return phases;
}
