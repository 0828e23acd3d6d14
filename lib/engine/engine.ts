import type { Floats } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import type { ClampedProblem } from '../energy/problem.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Program } from '../phases/estimator.js';
import type { Procedure } from '../phases/procedure.js';
import type { Start, TrainingStart } from '../phases/start.js';

/** What the products between free layers are computed in while states settle: see `EngineOptions`. */
export type Precision = 'float64' | NativePrecision;
/** What the native engine computes them in: `float64` is the javascript engine’s. */
export type NativePrecision = (typeof PRECISIONS)[number];
/** In the order of `Precision` in native/kernels/table.h. */
export const PRECISIONS = ['float32', 'splitBf16', 'bf16'] as const;

/** What tells engines apart. */
export type EngineFacts = Readonly<Pick<Engine, 'name' | 'isa' | 'precision' | 'threads'>>;

export function factsOf({ name, isa, precision, threads }: Engine): EngineFacts {
  return { name, isa, precision, threads };
}

/**
 * Whoever carries out energies, phases and estimators. Both engines have this interface and give the same results:
 * `javascript` in float64, to be read and checked against; `native` in float32 with SIMD kernels and threads.
 * Arguments have been checked by the model.
 */
export interface Engine {
  readonly name: 'native' | 'javascript';
  /** The instruction set of the kernels; `none` for javascript. */
  readonly isa: string;
  readonly precision: Precision;
  readonly threads: number;
  /** @throws EngineError for an energy that this engine cannot carry out */
  compile(problem: ClampedProblem): Plan;
}

/** A problem compiled, with parameters of its own. Lists are in the energy's order of layers, or in that of `parametersOf`. */
export interface Plan {
  /** Copies of all parameters, row-major, as they are between two updates. May wait for a batch. */
  read(): Floats[];
  /** Writes those that are given, all between the same two updates, or throws and writes none. */
  write(values: readonly (Floats | undefined)[]): void;

  settle(call: SettleCall): Promise<Settled>;
  /** The mean gradient over a batch, by parameter, row-major. */
  gradient(call: GradientCall): Promise<Floats[]>;

  /** Copies a data set to where the engine keeps it. */
  load(data: Dataset): LoadedData;
  /** What momentum remembers, zero at first. */
  velocity(): Velocity;
  /** One pass over `call.order`: settle, contrast, update, batch by batch. Once the signal aborts, resolves early: what its
   * totals count, whole batches, has been learned from, and nothing else has left a trace. */
  train(call: TrainCall): Promise<Totals>;
  /** The free phase of every example. */
  evaluate(call: EvaluateCall): Promise<Evaluation>;

  /** Frees the plan's memory and stops what it is doing: pending calls reject with a StateError. */
  dispose(): void;
}

/** A data set inside an engine. What it keeps is read and written while nothing trains on it. */
export interface LoadedData {
  /** Copies those of as many examples as `visited` has, from example `from` on; what was not visited becomes 0. Returns false,
   * and copies nothing, where none are kept. Also after the plan was disposed: a save that is under way goes on. */
  readPersistent(from: number, kept: Persistent): boolean;
  writePersistent(from: number, kept: Persistent): void;
  release(): void;
}

/** The free equilibria of examples' last visits. */
export interface Persistent {
  /** [examples, units of the free layers in their order] */
  readonly states: Float32Array;
  /** By example: 1 where it has been visited. */
  readonly visited: Uint8Array;
}

/** What momentum remembers of how each parameter moved, inside an engine; of the same sign in all. Likewise. */
export interface Velocity {
  read(): Floats[];
  write(values: readonly Floats[]): void;
  release(): void;
}

/** v ← factor · v − gradient, and θ moves by rate · v, or by Nesterov's rule by rate · (factor · v − gradient). */
export interface Momentum {
  readonly velocity: Velocity;
  readonly factor: number;
  readonly nesterov: boolean;
}

interface BatchCall {
  readonly batch: number;
  /** [batch, numbers of a target] */
  readonly targets?: Floats | undefined;
  /** Where phases start that come from no other. */
  readonly start: Start;
  /** By example, what its cost is multiplied by. Default: 1. */
  readonly weights?: Floats | undefined;
  /** What noise is drawn from, where dynamics have a temperature. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SettleCall extends BatchCall {
  /** By layer, [batch, units]: the states of the clamped ones, and, in the place of zero, those of free ones. */
  readonly states: readonly (Floats | undefined)[];
  /** By layer, [batch, units]: 1 where a unit of a free layer is held at its state. Default: none is. */
  readonly held?: readonly (Uint8Array | undefined)[] | undefined;
  readonly dynamics: Dynamics;
  readonly beta: number;
}

/** The end of a phase. All arrays are by example. */
export interface Settled {
  /** By layer, [batch, units]. */
  readonly states: Floats[];
  readonly energy: Float64Array;
  /** C, without β; of no meaning where no target was given. */
  readonly cost: Float64Array;
  /** The largest change of a state in the last step. */
  readonly residual: Float64Array;
  readonly iterations: Uint32Array;
  /** 1 where the residual reached the tolerance. */
  readonly converged: Uint8Array;
}

export interface GradientCall extends BatchCall {
  /** [batch, units of the input layer] */
  readonly inputs: Floats;
  readonly targets: Floats;
  readonly program: Program | Procedure;
}

export interface TrainCall {
  readonly data: LoadedData;
  /** Which examples to visit, in order. */
  readonly order: Uint32Array;
  /** What has been seen of the order, whole batches, which are not visited again. Default: nothing. */
  readonly sofar?: Totals | undefined;
  /** How many examples to have seen in the end, whole batches. Default: all of the order. */
  readonly until?: number | undefined;
  readonly batchSize: number;
  readonly programs: readonly (Program | Procedure)[];
  /** Which program each batch uses. */
  readonly choice: Uint32Array;
  /** What noise is drawn from, where dynamics have a temperature. */
  readonly seed: number;
  /** The learning rate of each parameter. */
  readonly rates: readonly number[];
  readonly momentum?: Momentum | undefined;
  readonly start: TrainingStart;
  /** Updates made before the order began, for the step that an error names. */
  readonly stepsBefore: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((sofar: Totals) => void) | undefined;
}

export interface EvaluateCall {
  readonly data: LoadedData;
  readonly dynamics: Dynamics;
  readonly start: Start;
  readonly seed: number;
  /** Whether to return what is read out. */
  readonly outputs: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Sums over examples, at the end of their free phase. */
export interface Totals {
  examples: number;
  /** Examples whose highest read-out is not their label; 0 where there are no labels. */
  wrong: number;
  energy: number;
  cost: number;
}

export const NOTHING_SEEN: Totals = Object.freeze({ examples: 0, wrong: 0, energy: 0, cost: 0 });

export interface Evaluation extends Totals {
  /** [examples, numbers of a target], or empty. */
  readonly outputs: Floats;
}
