import type { Floats } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import type { ActivationName } from '../energy/activation.js';
import { Bias } from '../energy/bias.js';
import { colouring } from '../energy/colouring.js';
import { Dense } from '../energy/dense.js';
import type { Layer } from '../energy/layer.js';
import { Leak } from '../energy/leak.js';
import { SquaredError } from '../energy/squared-error.js';
import { ArgumentError, DivergenceError, EngineError, EqpropError, StateError } from '../errors.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Phase, Program } from '../phases/estimator.js';
import type { Addon, Job, NativePlanHandle } from './addon.js';
import type {
  Engine,
  EvaluateCall,
  Evaluation,
  GradientCall,
  LoadedData,
  Plan,
  Problem,
  SettleCall,
  Settled,
  Totals,
  TrainCall,
} from './engine.js';

/** The engine in C++: float32, the kernels of one instruction set, a team of threads. */
export function nativeEngine(addon: Addon, isa: string, threads: number): Engine {
  return { name: 'native', isa, threads, compile: (problem) => new NativePlan(addon, problem, isa, threads) };
}

class NativePlan implements Plan {
  readonly #handle: NativePlanHandle;
  readonly #names: readonly string[];
  readonly #running = new Set<Job<unknown>>();
  #disposed = false;

  constructor(addon: Addon, problem: Problem, isa: string, threads: number) {
    const network = describeNetwork(problem);
    this.#handle = inWords(() => new addon.Plan(network, isa, threads));
    this.#names = [...problem.energy.parameters.keys()];
  }

  read(): Float32Array[] {
    this.#checkUsable();
    return this.#handle.read();
  }

  write(values: readonly (Floats | undefined)[]): void {
    this.#checkUsable();
    this.#handle.write(values.map((data, i) => data && toFloat32(this.#names[i], data)));
  }

  settle({ batch, inputs, targets, from, beta, dynamics, signal }: SettleCall): Promise<Settled> {
    return this.#follow(signal, () =>
      this.#handle.settle({
        count: batch,
        inputs: toFloat32('input', inputs),
        targets: targets && toFloat32('target', targets),
        from: from?.map((state) => toFloat32('from', state)),
        phase: describePhase({ beta, dynamics, from: 'start' }),
      }),
    );
  }

  gradient({ batch, inputs, targets, program, signal }: GradientCall): Promise<Float32Array[]> {
    return this.#follow(signal, () =>
      this.#handle.gradient({
        count: batch,
        inputs: toFloat32('input', inputs),
        targets: toFloat32('target', targets),
        program: describeProgram(program),
      }),
    );
  }

  load(data: Dataset): LoadedData {
    this.#checkUsable();
    const { count, inputs, scale, labels, targets } = data;
    const handle = inWords(() => this.#handle.load({ count, inputs, scale, labels, targets }));
    return new NativeData(handle, () => this.#handle.release(handle));
  }

  train(call: TrainCall): Promise<Totals> {
    const { order, batchSize, choice, persistent, onProgress } = call;
    const request = {
      data: (call.data as NativeData).handle,
      order,
      batchSize,
      programs: call.programs.map(describeProgram),
      choice,
      rates: toFloat32('learningRate', Float64Array.from(call.rates)),
      persistent,
    };
    return this.#follow(call.signal, () => this.#handle.train(request, onProgress), call.stepsBefore);
  }

  evaluate(call: EvaluateCall): Promise<Evaluation> {
    const data = (call.data as NativeData).handle;
    return this.#follow(call.signal, () =>
      this.#handle.evaluate({ data, dynamics: describeDynamics(call.dynamics), outputs: call.outputs }),
    );
  }

  dispose(): void {
    this.#disposed = true;
    for (const job of this.#running) job.cancel();
    this.#handle.dispose();
  }

  /** Starts a job, ties it to the signal, and puts what it rejects with into the package's errors. */
  async #follow<T>(signal: AbortSignal | undefined, start: () => Job<T>, stepsBefore = 0): Promise<T> {
    signal?.throwIfAborted();
    this.#checkUsable();
    const job = inWords(start);
    const abort = () => job.cancel();
    signal?.addEventListener('abort', abort, { once: true });
    this.#running.add(job);
    try {
      return await job.promise;
    } catch (error) {
      throw this.#explain(error as NativeFailure, signal, stepsBefore);
    } finally {
      this.#running.delete(job);
      signal?.removeEventListener('abort', abort);
    }
  }

  #checkUsable(): void {
    if (this.#disposed) throw disposed();
  }

  #explain(error: NativeFailure, signal: AbortSignal | undefined, stepsBefore: number): unknown {
    switch (error.code) {
      case 'cancelled':
        return this.#disposed ? disposed() : signal?.aborted ? signal.reason : error;
      case 'diverged':
        return new DivergenceError(stepsBefore + (error.step ?? 0), error.message);
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

interface NativeFailure extends Error {
  code?: string;
  step?: number;
}

class NativeData implements LoadedData {
  constructor(
    readonly handle: unknown,
    readonly release: () => void,
  ) {}
}

/** The order of `Activation` in native/kernels/table.h. */
const ACTIVATION_CODES: Readonly<Record<ActivationName, number>> = { hardSigmoid: 0, linear: 0, sigmoid: 1, tanh: 2 };

/** A problem as plain numbers. */
function describeNetwork({ energy, cost, input, output }: Problem): object {
  const layers = [...energy.layers.values()];
  const at = (layer: Layer) => layers.indexOf(layer);
  const leaks = new Map<Layer, number>();
  const parameters: object[] = [];
  for (const [name, interaction] of energy.interactions) {
    if (interaction.layers.every((l) => l.clamped)) {
      throw new EngineError(`the native engine cannot carry ${name}, which touches clamped layers only: leave it out`);
    }
    if (interaction instanceof Leak) {
      const [layer] = interaction.layers;
      leaks.set(layer, (leaks.get(layer) ?? 0) + interaction.strength);
    } else if (interaction instanceof Dense) {
      const [pre, post] = interaction.layers;
      parameters.push({ dense: true, pre: at(pre), post: at(post) });
    } else if (interaction instanceof Bias) {
      const post = at(interaction.layers[0]);
      parameters.push({ dense: false, pre: post, post });
    } else {
      throw new EngineError(
        `the native engine has no kernel for ${name}, an interaction of kind '${interaction.kind}': use engine 'javascript'`,
      );
    }
  }
  if (!(cost instanceof SquaredError)) {
    throw new EngineError(`the native engine has no kernel for the cost '${cost.kind}': use engine 'javascript'`);
  }
  return {
    layers: layers.map((layer) => ({
      size: layer.size,
      clamped: layer.clamped,
      activation: ACTIVATION_CODES[layer.activation],
      low: layer.range[0],
      high: layer.range[1],
      leak: leaks.get(layer) ?? 0,
    })),
    parameters,
    input: at(input),
    output: at(output),
    order: colouring(energy).flat().map(at),
  };
}

function describeProgram({ phases, terms }: Program): object {
  return {
    phases: phases.map(describePhase),
    terms: terms.map(({ phase, coefficient }) => ({ phase, coefficient: fitting('coefficient', coefficient) })),
  };
}

function describePhase({ beta, dynamics, from }: Phase): object {
  return { beta: fitting('beta', beta), dynamics: describeDynamics(dynamics), from: from === 'start' ? -1 : from };
}

/** The order of `Dynamics::Kind` in native/engine/network.h. */
const DYNAMICS_CODES: Readonly<Record<Dynamics['kind'], number>> = { euler: 0, fixedPoint: 1, coordinateDescent: 2 };

function describeDynamics(dynamics: Dynamics): object {
  const { kind, iterations, tolerance } = dynamics;
  const rate = dynamics.kind === 'euler' ? dynamics.stepSize : dynamics.relaxation;
  return { kind: DYNAMICS_CODES[kind], iterations, rate: fitting(`${kind}'s step`, rate), tolerance };
}

/** A number that stays finite, and apart from 0, in the engine's precision. */
function fitting(name: string, value: number): number {
  const narrow = Math.fround(value);
  if (Number.isFinite(narrow) && (narrow !== 0 || value === 0)) return value;
  throw new ArgumentError(`${name} must fit into float32 on the native engine, but ${value} was given`);
}

/** The same numbers in the engine's precision. */
function toFloat32(name: string, values: Floats): Float32Array {
  if (values instanceof Float32Array) return values;
  const narrow = Float32Array.from(values);
  const i = narrow.findIndex((x) => !Number.isFinite(x));
  if (i >= 0) {
    throw new ArgumentError(
      `${name} must fit into float32 on the native engine, but ${values[i]} stands at index ${i}`,
    );
  }
  return narrow;
}
