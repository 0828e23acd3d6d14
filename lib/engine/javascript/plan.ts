import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { Floats } from '../../check.js';
import type { Dataset } from '../../data/dataset.js';
import type { Complex } from '../../energy/complex.js';
import { type ClampedProblem, targetSizeOf } from '../../energy/problem.js';
import { StateError } from '../../errors.js';
import type { Program } from '../../phases/estimator.js';
import { movesParameters, type Procedure } from '../../phases/procedure.js';
import type { TrainingStart } from '../../phases/start.js';
import { Random } from '../../random.js';
import {
  type EvaluateCall,
  type Evaluation,
  type GradientCall,
  type LoadedData,
  NOTHING_SEEN,
  type Plan,
  type SettleCall,
  type Settled,
  type Totals,
  type TrainCall,
  type Velocity,
} from '../engine.js';
import { withRoom } from '../room.js';
import { type ComplexPhase, settleComplex, toComplex } from './complex.js';
import { type AnyEnd, addContrast, addCostGradient, isReal } from './contrast.js';
import { LoadedDataset } from './data.js';
import { feedForward } from './feed-forward.js';
import { atStep, checkParameters, checkStep } from './finite.js';
import { readOutOf } from './forces.js';
import { Network, type States } from './network.js';
import { runProcedure } from './procedures/index.js';
import type { Outcome, Run } from './procedures/run.js';
import { compareSteps, type StepComparison, type StepOptions } from './procedures/steps.js';
import type { End } from './real-phase.js';
import { settle } from './settle.js';
import { Turnstile } from './turn.js';
import { descend, Velocities } from './update.js';
import { makeWorld, type Pause, startStates, type World } from './world.js';

/** How long the engine keeps JavaScript's thread before others have it, in milliseconds. */
const BREATH = 8;
/** Examples evaluated at a time. */
const EVALUATE_BATCH = 100;

/** A plan of the javascript engine: the paper's algorithm, step by step, in float64. */
export class JavascriptPlan implements Plan {
  readonly #network: Network;
  readonly #targetSize: number;
  readonly #turn = new Turnstile();
  /** The parameters before an update that moves them step by step, while it does. */
  #before: readonly Float64Array[] | undefined;
  /** By parameter: values that will be written when the turn ends. */
  #waiting: (Float64Array | undefined)[] = [];
  #disposed = false;
  #lastPause = performance.now();

  constructor(problem: ClampedProblem) {
    this.#network = new Network(problem);
    this.#targetSize = targetSizeOf(problem.cost);
  }

  read(): Float64Array[] {
    const parameters = this.#before ?? this.#network.parameters;
    return parameters.map((parameter, i) => Float64Array.from(this.#waiting[i] ?? parameter));
  }

  write(values: readonly (Floats | undefined)[]): void {
    values.forEach((data, i) => {
      if (data) this.#waiting[i] = Float64Array.from(data);
    });
    // Whoever has the turn goes on with the parameters that it began with.
    if (this.#turn.free) this.#writeWaiting();
  }

  #writeWaiting(): void {
    this.#waiting.forEach((data, i) => void (data && this.#network.parameters[i].set(data)));
    this.#waiting = [];
  }

  /** Runs work in a turn of its own, on the parameters that were written last. */
  #inTurn<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#turn.run(async () => {
      try {
        return await work();
      } finally {
        this.#before = undefined;
        this.#writeWaiting();
      }
    }, signal);
  }

  settle(call: SettleCall): Promise<Settled> {
    return withRoom(() => this.#settle(call));
  }

  async #settle(call: SettleCall): Promise<Settled> {
    const { batch, seed, held = [], beta, dynamics } = call;
    const targets = this.#targetsOf(batch, call.targets);
    const given = call.states.map((state) => state && Float64Array.from(state));
    const weights = weightsOf(call);
    return this.#inTurn(async () => {
      const start = startStates(this.#network, batch, (layer) => given[layer]);
      const world = makeWorld(this.#network, start, batch, { targets, held, noise: noiseFrom(seed), ...weights });
      const from = started(this.#network, world, start, call.start);
      return settle(this.#network, world, from, { beta, dynamics }, this.#pause(call.signal));
    }, call.signal);
  }

  async gradient(call: GradientCall): Promise<Floats[]> {
    return (await this.examine(call)).gradients;
  }

  /** The gradient, and how the phases ended that it comes from. */
  examine(call: GradientCall): Promise<Outcome> {
    return this.#withRun(call, (run) => runAny(run, call.program));
  }

  /** Nudged steps beside back-propagation through as many: see `compareSteps`. */
  compareSteps(call: Omit<GradientCall, 'program'>, options: StepOptions): Promise<StepComparison> {
    return this.#withRun(call, (run) => compareSteps(run, options));
  }

  #withRun<T>(call: Omit<GradientCall, 'program'>, work: (run: Run) => Promise<T>): Promise<T> {
    return withRoom(() => this.#run(call, work));
  }

  async #run<T>(call: Omit<GradientCall, 'program'>, work: (run: Run) => Promise<T>): Promise<T> {
    const inputs = Float64Array.from(call.inputs);
    const targets = this.#targetsOf(call.batch, call.targets);
    const weights = weightsOf(call);
    return this.#inTurn(async () => {
      const network = this.#network;
      const start = startStates(network, call.batch, (layer) => (layer === network.input ? inputs : undefined));
      const world = makeWorld(network, start, call.batch, { targets, noise: noiseFrom(call.seed), ...weights });
      return work({
        network,
        world,
        start: started(network, world, start, call.start),
        pause: this.#pause(call.signal),
      });
    }, call.signal);
  }

  load(data: Dataset): LoadedData {
    return new LoadedDataset(data, this.#network);
  }

  velocity(): Velocity {
    return new Velocities(this.#network);
  }

  train(call: TrainCall): Promise<Totals> {
    return withRoom(() => this.#train(call));
  }

  async #train(call: TrainCall): Promise<Totals> {
    const totals: Totals = { ...(call.sofar ?? NOTHING_SEEN) };
    const until = call.until ?? call.order.length;
    // The turn under way: the race for the signal may be over before it has ended.
    let batch: Promise<void> | undefined;
    try {
      while (totals.examples < until) {
        await this.#pause(call.signal)();
        await this.#inTurn(() => {
          batch = this.#trainBatch(call, totals);
          return batch;
        }, call.signal);
        call.onProgress?.({ ...totals });
      }
    } catch (error) {
      if (!call.signal?.aborted || error !== call.signal.reason) throw error;
      await batch?.catch(() => {});
    }
    return totals;
  }

  async #trainBatch(call: TrainCall, totals: Totals): Promise<void> {
    const step = totals.examples / call.batchSize;
    const update = call.stepsBefore + step + 1;
    const network = this.#network;
    const data = call.data as LoadedDataset;
    const pause = this.#pause(call.signal);
    const examples = call.order.subarray(totals.examples, totals.examples + call.batchSize);
    const batch = examples.length;
    const program = call.programs[call.choice[step]];
    const inputs = data.inputs(examples);
    const start = startStates(network, batch, (layer) => (layer === network.input ? inputs : undefined));
    if (call.start === 'persistent') data.recall(examples, start);
    const world = makeWorld(network, start, batch, {
      targets: data.targets(examples),
      weights: data.weights(examples),
      noise: noiseFrom(call.seed + call.stepsBefore + step),
    });
    const from = started(network, world, start, call.start);
    if ('kind' in program && movesParameters(program)) this.#before = network.parameters.map((p) => p.slice());
    try {
      const { free, gradients, moved } = await runAny({ network, world, start: from, pause }, program, call.rates);
      checkStep(network, free, update);
      if (call.start === 'persistent') data.keep(examples, free.states);
      addTo(totals, free, data.wrong(examples, this.#readOut(free, batch)));
      const { momentum } = call;
      if (momentum && !moved) (momentum.velocity as Velocities).apply(gradients, momentum.factor, momentum.nesterov);
      if (!moved) descend(network, gradients, call.rates);
    } catch (error) {
      // A batch that is given up has moved nothing.
      this.#before?.forEach((values, p) => void network.parameters[p].set(values));
      throw atStep(error, update);
    }
    checkParameters(network, update);
  }

  evaluate(call: EvaluateCall): Promise<Evaluation> {
    return withRoom(() => this.#evaluate(call));
  }

  async #evaluate(call: EvaluateCall): Promise<Evaluation> {
    const data = call.data as LoadedDataset;
    const pause = this.#pause(call.signal);
    const totals: Totals = { ...NOTHING_SEEN };
    const network = this.#network;
    const outputs = new Float64Array(call.outputs ? data.count * this.#targetSize : 0);
    await pause();
    while (totals.examples < data.count) {
      const first = totals.examples;
      const examples = Uint32Array.from({ length: Math.min(EVALUATE_BATCH, data.count - first) }, (_, i) => first + i);
      await this.#inTurn(async () => {
        const inputs = data.inputs(examples);
        const start = startStates(network, examples.length, (layer) => (layer === network.input ? inputs : undefined));
        const world = makeWorld(network, start, examples.length, {
          targets: data.targets(examples),
          weights: data.weights(examples),
          noise: noiseFrom(call.seed + first),
        });
        const from = started(network, world, start, call.start);
        const end = await settle(network, world, from, { beta: 0, dynamics: call.dynamics }, pause);
        const readOut = this.#readOut(end, examples.length);
        addTo(totals, end, data.wrong(examples, readOut));
        if (call.outputs) outputs.set(readOut, first * this.#targetSize);
      }, call.signal);
      await pause();
    }
    return { ...totals, outputs };
  }

  dispose(): void {
    this.#disposed = true;
  }

  #readOut(end: End, batch: number): Float64Array {
    return readOutOf(this.#network, batch, end.states[this.#network.output], this.#targetSize);
  }

  #targetsOf(batch: number, targets: Floats | undefined): Float64Array {
    return targets ? Float64Array.from(targets) : new Float64Array(batch * this.#targetSize);
  }

  #pause(signal: AbortSignal | undefined): Pause {
    const check = () => {
      if (this.#disposed) throw new StateError('ERR_DISPOSED', 'the model was disposed while it was working');
      signal?.throwIfAborted();
    };
    return async () => {
      check();
      if (performance.now() - this.#lastPause < BREATH) return;
      await nextTurnOfTheLoop();
      this.#lastPause = performance.now();
      check();
    };
  }
}

/** Runs an estimator's program on one batch, ∂C/∂θ included. With `rates`, parameters may have moved already. */
async function runAny(
  run: Run,
  program: Program | Procedure,
  rates?: readonly number[],
): Promise<Outcome & { moved: boolean }> {
  if (!('kind' in program)) return { ...(await runProgram(run, program)), moved: false };
  const outcome = await runProcedure(run, program, rates);
  const { network, world } = run;
  const moved = rates !== undefined && movesParameters(program);
  const rest = moved ? network.zeroGradients() : outcome.gradients;
  if (!outcome.complete) addCostGradient(network, world, outcome.free.states, rest);
  if (moved) descend(network, rest, rates);
  return { ...outcome, moved };
}

/** Settles the phases of a program in turn, and adds its terms up. */
async function runProgram({ network, world, start, pause }: Run, { phases, terms }: Program): Promise<Outcome> {
  const ends: AnyEnd[] = [];
  for (const { beta, dynamics, from, clamp } of phases) {
    const before = from === 'start' ? start : ends[from].states;
    const isComplex = typeof beta !== 'number' || (from !== 'start' && !isReal(ends[from]));
    if (isComplex) {
      const phase = { beta: typeof beta === 'number' ? ([beta, 0] as Complex) : beta, dynamics } as ComplexPhase;
      const states = before[0] instanceof Float64Array ? toComplex(before as Float64Array[]) : before;
      ends.push(await settleComplex(network, world, states as never, phase, pause));
    } else {
      const phase = { beta, dynamics, ...(clamp === undefined ? {} : { clamp }) };
      ends.push(await settle(network, world, before as Float64Array[], phase, pause));
    }
  }
  const free = ends[0] as End; // the first phase has β = 0
  const gradients = network.zeroGradients();
  const atEnds = terms.map(({ phase, coefficient }) => ({ end: ends[phase], coefficient }));
  addContrast(network, world.batch, atEnds, gradients);
  addCostGradient(network, world, free.states, gradients);
  return { free, gradients, ends };
}

/** Where phases start that come from no other: as given, or where a feed-forward pass leads from there. */
function started(network: Network, world: World, given: States, start: TrainingStart): States {
  return start === 'feedForward' ? feedForward(network, world, given) : given;
}

/** Noise for each example, whoever shares its batch. */
function noiseFrom(seed: number) {
  return (example: number) => new Random((seed + 1_000_003 * example) % Number.MAX_SAFE_INTEGER);
}

function weightsOf({ weights }: { weights?: Floats | undefined }): { weights?: Float64Array } {
  return weights ? { weights: Float64Array.from(weights) } : {};
}

function addTo(totals: Totals, end: Settled, wrong: number): void {
  totals.examples += end.energy.length;
  totals.wrong += wrong;
  for (let e = 0; e < end.energy.length; e++) {
    totals.energy += end.energy[e];
    totals.cost += end.cost[e];
  }
}
