import { onAbort } from '../abort.js';
import type { Floats } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import { type ClampedProblem, parametersOf } from '../energy/problem.js';
import { DivergenceError, EngineError, EqpropError, StateError } from '../errors.js';
import type { Addon, NativePlanHandle } from './addon.js';
import {
  type Engine,
  type EvaluateCall,
  type Evaluation,
  type GradientCall,
  type LoadedData,
  type NativePrecision,
  NOTHING_SEEN,
  type Persistent,
  type Plan,
  PRECISIONS,
  type SettleCall,
  type Settled,
  type Totals,
  type TrainCall,
  type Velocity,
} from './engine.js';
import { type Job, type Listener, type NativeFailure, startJob } from './native/job.js';
import { describeNetwork } from './native/network.js';
import { fitting, toFloat32 } from './native/numbers.js';
import { describeDynamics, describePhase, describeProgram, START_CODES } from './native/program.js';

/** The engine in C++: float32 or narrower, the kernels of one instruction set, a team of threads. */
export function nativeEngine(addon: Addon, isa: string, precision: NativePrecision, threads: number): Engine {
  const code = PRECISIONS.indexOf(precision);
  const compile = (problem: ClampedProblem) => new NativePlan(addon, problem, isa, code, threads);
  return { name: 'native', isa, precision, threads, compile };
}

class NativePlan implements Plan {
  readonly #handle: NativePlanHandle;
  readonly #problem: ClampedProblem;
  readonly #names: readonly string[];
  readonly #running = new Set<Job<unknown>>();
  #disposed = false;

  constructor(addon: Addon, problem: ClampedProblem, isa: string, precision: number, threads: number) {
    const network = describeNetwork(problem);
    this.#handle = inWords(() => new addon.Plan(network, isa, precision, threads));
    this.#problem = problem;
    this.#names = [...parametersOf(problem).keys()];
  }

  read(): Float32Array[] {
    this.#checkUsable();
    return inWords(() => this.#handle.read());
  }

  write(values: readonly (Floats | undefined)[]): void {
    this.#checkUsable();
    const narrow = values.map((data, i) => data && toFloat32(this.#names[i], data));
    inWords(() => this.#handle.write(narrow));
  }

  settle(call: SettleCall): Promise<Settled> {
    const { beta, dynamics, weights } = call;
    const request = () => ({
      ...this.#describeBatch(call, call.states),
      held: call.held ?? [],
      phase: describePhase(this.#problem, { beta, dynamics, from: 'start' }, weights),
    });
    return this.#follow(call, (listen) => this.#handle.settle(request(), listen));
  }

  gradient(call: GradientCall): Promise<Float32Array[]> {
    const { energy, input } = this.#problem;
    const states = [...energy.layers.values()].map((layer) => (layer === input ? call.inputs : undefined));
    const request = () => ({
      ...this.#describeBatch(call, states),
      held: [],
      program: describeProgram(this.#problem, call.program, call.weights),
    });
    return this.#follow(call, (listen) => this.#handle.gradient(request(), listen));
  }

  #describeBatch(call: SettleCall | GradientCall, states: readonly (Floats | undefined)[]): object {
    const names = [...this.#problem.energy.layers.keys()];
    return {
      count: call.batch,
      start: START_CODES[call.start],
      states: states.map((state, i) => state && toFloat32(`states of '${names[i]}'`, state)),
      targets: call.targets && toFloat32('target', call.targets),
      weights: call.weights && toFloat32('weights', call.weights),
    };
  }

  load(data: Dataset): LoadedData {
    this.#checkUsable();
    const { count, inputs, scale, labels, targets, weights } = data;
    const handle = inWords(() => this.#handle.load({ count, inputs, scale, labels, targets, weights }));
    return new NativeData(this.#handle, handle, weights?.slice(), () => this.#checkUsable());
  }

  velocity(): Velocity {
    this.#checkUsable();
    const handle = inWords(() => this.#handle.velocity());
    return new NativeVelocity(this.#handle, handle);
  }

  async train(call: TrainCall): Promise<Totals> {
    const { order, batchSize, choice, start, momentum } = call;
    if (call.signal?.aborted) return { ...(call.sofar ?? NOTHING_SEEN) };
    const { handle, weights } = call.data as NativeData;
    const request = {
      data: handle,
      order,
      sofar: call.sofar ?? NOTHING_SEEN,
      until: call.until ?? order.length,
      batchSize,
      programs: call.programs.map((program) => describeProgram(this.#problem, program, weights)),
      choice,
      rates: toFloat32('learningRate', Float64Array.from(call.rates)),
      start: START_CODES[start],
      momentum: fitting('momentum', momentum?.factor ?? 0),
      nesterov: momentum?.nesterov ?? false,
      velocity: (momentum?.velocity as NativeVelocity | undefined)?.handle,
    };
    const totals = await this.#follow<Totals>(call, (listen) => this.#handle.train(request, listen));
    this.#checkUsable();
    return totals;
  }

  evaluate(call: EvaluateCall): Promise<Evaluation> {
    const request = () => ({
      data: (call.data as NativeData).handle,
      dynamics: describeDynamics(this.#problem, call.dynamics),
      start: START_CODES[call.start],
      outputs: call.outputs,
    });
    return this.#follow(call, (listen) => this.#handle.evaluate(request(), listen));
  }

  dispose(): void {
    this.#disposed = true;
    for (const job of this.#running) job.cancel();
    this.#handle.dispose();
  }

  /** Starts a job, ties it to the signal, and puts what it rejects with into the package's errors. */
  async #follow<T>(
    { signal, stepsBefore, onProgress }: Partial<Pick<TrainCall, 'signal' | 'stepsBefore' | 'onProgress'>>,
    start: (listen: Listener<T>) => () => void,
  ): Promise<T> {
    signal?.throwIfAborted();
    this.#checkUsable();
    let job: Job<T> | undefined;
    // First, so that nothing that is thrown leaves a job that nobody waits for.
    const release = signal && onAbort(signal, () => job?.cancel());
    try {
      job = inWords(() => startJob(start, onProgress));
      this.#running.add(job);
      return await job.promise;
    } catch (error) {
      throw this.#explain(error as NativeFailure, signal, stepsBefore);
    } finally {
      if (job) this.#running.delete(job);
      release?.();
    }
  }

  #checkUsable(): void {
    if (this.#disposed) throw disposed();
  }

  #divergence({ where = 'state', index = 0, step = 0 }: NativeFailure, stepsBefore: number | undefined) {
    const layers = [...this.#problem.energy.layers.keys()];
    const tensor = where === 'state' ? layers[index] : where === 'parameter' ? this.#names[index] : where;
    return stepsBefore === undefined
      ? new DivergenceError('settling', step, where, tensor)
      : new DivergenceError('training', stepsBefore + step, where, tensor);
  }

  #explain(error: NativeFailure, signal: AbortSignal | undefined, stepsBefore: number | undefined): unknown {
    switch (error.code) {
      case 'cancelled':
        return this.#disposed ? disposed() : signal?.aborted ? signal.reason : error;
      case 'diverged':
        return this.#divergence(error, stepsBefore);
      default:
        return toEngineError(error);
    }
  }
}

const disposed = () => new StateError('ERR_DISPOSED', 'the model was disposed while it was working');

/** What the engine throws while it is called, before any job runs, in the package's errors. */
function inWords<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toEngineError(error as NativeFailure);
  }
}

function toEngineError(error: NativeFailure): EqpropError {
  if (error instanceof EqpropError) return error; // refused on this side
  if (/Resource temporarily unavailable/.test(error.message)) {
    return new EngineError('the system gives this process no more threads: ask for fewer', 'ERR_ENGINE', {
      cause: error,
    });
  }
  // The binding's wrapper turns a failed allocation into an error with the exception's own text.
  if (error.code === 'memory' || /bad_alloc|bad_array_new_length|Array buffer allocation failed/.test(error.message)) {
    return new EngineError('there is not enough memory for this model and batch', 'ERR_MEMORY', { cause: error });
  }
  return new EngineError(`the native engine failed: ${error.message}`, 'ERR_INTERNAL', { cause: error });
}

class NativeData implements LoadedData {
  constructor(
    readonly plan: NativePlanHandle,
    readonly handle: unknown,
    /** A copy, as the engine has one. */
    readonly weights: Float32Array | undefined,
    /** Throws once the plan was disposed. */
    readonly checkUsable: () => void,
  ) {}

  readPersistent(from: number, kept: Persistent): boolean {
    return inWords(() => this.plan.readPersistent(this.handle, { ...kept, from }));
  }

  writePersistent(from: number, kept: Persistent): void {
    this.checkUsable();
    inWords(() => this.plan.writePersistent(this.handle, { ...kept, from }));
  }

  release(): void {
    this.plan.release(this.handle);
  }
}

class NativeVelocity implements Velocity {
  constructor(
    readonly plan: NativePlanHandle,
    readonly handle: unknown,
  ) {}

  read(): Float32Array[] {
    return inWords(() => this.plan.readVelocity(this.handle));
  }

  write(values: readonly Floats[]): void {
    const velocities = values.map((data) => toFloat32('velocity', data));
    inWords(() => this.plan.writeVelocity(this.handle, velocities));
  }

  release(): void {
    this.plan.release(this.handle);
  }
}
