/** What a model is made of, and how its free phases go unless a call says otherwise. */

import type { Cost } from '../energy/cost.js';
import type { Energy } from '../energy/energy.js';
import type { Layer } from '../energy/layer.js';
import type { EngineOptions } from '../engine/choose.js';
import type { Dynamics } from '../phases/dynamics.js';
import { euler } from '../phases/euler.js';
import { fixedPoint } from '../phases/fixed-point.js';
import type { Start } from '../phases/start.js';

/** Options of every model, however it is made: what it draws, how it settles, who computes. */
export interface ModelOptions extends EngineOptions {
  /** A whole number that all that is random comes from: initial weights, orders of examples, signs of β. The same seed
   * gives the same bits. Default 0. */
  seed?: number | undefined;
  /** How `settle`, `evaluate` and `predict` reach the free state unless they are told. Default: Euler's method, at most
   * 100 steps of 0.5, to a tolerance of 1e-4; with a conjugate leak `fixedPoint`, relaxed by 0.5. */
  dynamics?: Dynamics | undefined;
  /** Where free phases start unless a call says otherwise. Default `zero`. */
  start?: Start | undefined;
}

/** The names of what any way to make a model takes. */
export const MODEL_OPTIONS = ['seed', 'dynamics', 'start', 'engine', 'isa', 'precision', 'threads'];

/** What {@link Model} is made of. */
export interface ModelSpec extends ModelOptions {
  /** Made by {@link sum}. */
  energy: Energy;
  /** Made by {@link squaredError} or another, or of your own. */
  cost: Cost;
  /** The clamped layer that data is given to. */
  input: Layer;
  /** The free layer that is nudged and read out; the cost's. */
  output: Layer;
}

/** How {@link Model.evaluate} and {@link Model.predict} reach the free state. */
export interface EvaluateOptions {
  /** Default: the model's. */
  dynamics?: Dynamics | undefined;
  /** Default: the model's. */
  start?: Start | undefined;
  /** Ends the call, which then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

export const EVALUATE_OPTIONS = ['dynamics', 'start', 'signal'];

/** A conjugate leak is too steep at its ends for Euler's method. */
export function defaultDynamics(energy: Energy): Dynamics {
  const settings = { iterations: 100, tolerance: 1e-4 };
  const responds = [...energy.interactions.values()].some(({ response }) => response);
  return responds ? fixedPoint({ relaxation: 0.5, ...settings }) : euler(settings);
}

export function definedOnly<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const defined = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [K in keyof T]: Exclude<T[K], undefined> };
}
