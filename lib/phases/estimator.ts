import { checkNumber, checkOptions } from '../check.js';
import { ArgumentError } from '../errors.js';
import { checkDynamics, type Dynamics } from './dynamics.js';

/** One settling of the network: with which nudge, by which dynamics, from where. */
export interface Phase {
  /** The nudge β: 0 in the free phase. */
  readonly beta: number;
  readonly dynamics: Dynamics;
  /** The earlier phase whose end this one starts from, or `start`: zero, or the example's persistent state. */
  readonly from: number | 'start';
}

/** One summand of the gradient: coefficient · ∂E/∂θ at the end of a phase. */
export interface Term {
  readonly phase: number;
  readonly coefficient: number;
}

/** Phases to settle in turn, the first of them free, and the terms that add up to the gradient. */
export interface Program {
  readonly phases: readonly Phase[];
  readonly terms: readonly Term[];
}

/** How settled states give a gradient: a value, one program, or several of which one is drawn for every batch. */
export interface Estimator {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly programs: readonly Program[];
}

export interface EstimatorOptions {
  /** The size of the nudge, above 0. */
  beta: number;
  /** The dynamics of the free phase. */
  free: Dynamics;
  /** The dynamics of the nudged phases, each of which starts from the free state. */
  nudged: Dynamics;
}

/** @throws ArgumentError for a β that is not a number above 0, or dynamics that are none */
export function checkEstimatorOptions(name: string, options: EstimatorOptions): Required<EstimatorOptions> {
  checkOptions(`${name} options`, options, ['beta', 'free', 'nudged']);
  const beta = checkNumber(`${name} beta`, options.beta);
  if (beta <= 0) {
    throw new ArgumentError(
      `${name} beta must be above 0, but ${beta} was given: the gradient is divided by it, and its sign belongs to the estimator`,
    );
  }
  return {
    beta,
    free: checkDynamics(`${name} free`, options.free),
    nudged: checkDynamics(`${name} nudged`, options.nudged),
  };
}

/** The program of one nudge: free, then nudged by the signed β; (∂E(s^β) − ∂E(s⁰)) / β. */
export function oneSided(beta: number, free: Dynamics, nudged: Dynamics): Program {
  return {
    phases: [
      { beta: 0, dynamics: free, from: 'start' },
      { beta, dynamics: nudged, from: 0 },
    ],
    terms: [
      { phase: 1, coefficient: 1 / beta },
      { phase: 0, coefficient: -1 / beta },
    ],
  };
}
