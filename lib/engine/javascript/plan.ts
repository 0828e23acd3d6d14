import { setImmediate as nextTurnOfTheLoop } from 'node:timers/promises';
import type { Floats } from '../../check.js';
import type { Dataset } from '../../data/dataset.js';
import { DivergenceError, StateError } from '../../errors.js';
import type { Phase, Program } from '../../phases/estimator.js';
import type {
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
} from '../engine.js';
import { LoadedDataset } from './data.js';
import { Network, type Part, type States } from './network.js';
import { makeWorld, type Pause, settle, startStates, type World } from './settle.js';
import { Turnstile } from './turn.js';

/** How long the engine keeps JavaScript's thread before others have it, in milliseconds. */
const BREATH = 8;
/** Examples evaluated at a time. */
const EVALUATE_BATCH = 100;

type End = Awaited<ReturnType<typeof settle>>;

/** A plan of the javascript engine: the paper's algorithm, step by step, in float64. */
export class JavascriptPlan implements Plan {
  readonly #network: Network;
  readonly #turn = new Turnstile();
  /** By parameter: values that will be written when the turn ends. */
  #waiting: (Float64Array | undefined)[] = [];
  #disposed = false;
  #lastPause = performance.now();

  constructor(problem: Problem) {
    this.#network = new Network(problem);
  }

  read(): Float64Array[] {
    return this.#network.parameters.map((parameter, i) => Float64Array.from(this.#waiting[i] ?? parameter));
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
        this.#writeWaiting();
      }
    }, signal);
  }

  settle(call: SettleCall): Promise<Settled> {
    const inputs = Float64Array.from(call.inputs);
    const targets = this.#targetsOf(call.batch, call.targets);
    const from = call.from?.map((state) => Float64Array.from(state));
    return this.#inTurn(async () => {
      const network = this.#network;
      const zero = startStates(network, call.batch, inputs);
      const start = from ? zero.map((s, i) => (network.layers[i].clamped ? s : from[i])) : zero;
      const world = makeWorld(network, start, call.batch, targets);
      const phase: Phase = { beta: call.beta, dynamics: call.dynamics, from: 'start' };
      return settle(network, world, start, phase, this.#pause(call.signal));
    }, call.signal);
  }

  gradient(call: GradientCall): Promise<Floats[]> {
    const inputs = Float64Array.from(call.inputs);
    const targets = this.#targetsOf(call.batch, call.targets);
    return this.#inTurn(async () => {
      const start = startStates(this.#network, call.batch, inputs);
      const world = makeWorld(this.#network, start, call.batch, targets);
      const ends = await this.#settleAll(world, start, call.program, this.#pause(call.signal));
      return this.#contrast(ends, call.program, call.batch);
    }, call.signal);
  }

  load(data: Dataset): LoadedData {
    return new LoadedDataset(data, this.#network);
  }

  async train(call: TrainCall): Promise<Totals> {
    const data = call.data as LoadedDataset;
    const pause = this.#pause(call.signal);
    const totals: Totals = { examples: 0, wrong: 0, energy: 0, cost: 0 };
    await pause();
    for (let step = 0; totals.examples < call.order.length; step++) {
      const examples = call.order.subarray(totals.examples, totals.examples + call.batchSize);
      const diverged = (what: string) => new DivergenceError(call.stepsBefore + step + 1, what);
      await this.#inTurn(async () => {
        const batch = examples.length;
        const program = call.programs[call.choice[step]];
        const start = startStates(this.#network, batch, data.inputs(examples));
        if (call.persistent) data.recall(examples, start);
        const world = makeWorld(this.#network, start, batch, data.targets(examples));
        const ends = await this.#settleAll(world, start, program, pause);
        if (call.persistent) data.keep(examples, ends[0].states);
        addTo(totals, ends[0], data.wrong(examples, ends[0].states[this.#network.output]));
        if (!Number.isFinite(totals.energy + totals.cost)) {
          throw diverged('the energy of the free phase is not a finite number');
        }
        this.#contrast(ends, program, batch).forEach((gradient, p) => {
          const [theta, rate] = [this.#network.parameters[p], call.rates[p]];
          for (let k = 0; k < theta.length; k++) theta[k] -= rate * gradient[k];
        });
      }, call.signal);
      call.onProgress?.({ ...totals });
      await pause();
      if (totals.examples === call.order.length && !this.#network.parameters.every((p) => p.every(Number.isFinite))) {
        throw diverged('a parameter is not a finite number'); // no later batch would notice
      }
    }
    return totals;
  }

  async evaluate(call: EvaluateCall): Promise<Evaluation> {
    const data = call.data as LoadedDataset;
    const pause = this.#pause(call.signal);
    const totals: Totals = { examples: 0, wrong: 0, energy: 0, cost: 0 };
    const { output, layers } = this.#network;
    const outputs = new Float64Array(call.outputs ? data.count * layers[output].size : 0);
    await pause();
    while (totals.examples < data.count) {
      const first = totals.examples;
      const examples = Uint32Array.from({ length: Math.min(EVALUATE_BATCH, data.count - first) }, (_, i) => first + i);
      await this.#inTurn(async () => {
        const start = startStates(this.#network, examples.length, data.inputs(examples));
        const world = makeWorld(this.#network, start, examples.length, data.targets(examples));
        const phase: Phase = { beta: 0, dynamics: call.dynamics, from: 'start' };
        const end = await settle(this.#network, world, start, phase, pause);
        addTo(totals, end, data.wrong(examples, end.states[output]));
        if (call.outputs) outputs.set(end.states[output], first * layers[output].size);
      }, call.signal);
      await pause();
    }
    return { ...totals, outputs };
  }

  dispose(): void {
    this.#disposed = true;
  }

  /** Settles the phases of a program in turn. */
  async #settleAll(world: World, start: States, program: Program, pause: Pause) {
    const ends: End[] = [];
    for (const phase of program.phases) {
      const from = phase.from === 'start' ? start : ends[phase.from].states;
      ends.push(await settle(this.#network, world, from, phase, pause));
    }
    return ends;
  }

  /** Σ over a program's terms of coefficient · ∂E/∂θ, the mean over the batch, by parameter. */
  #contrast(ends: readonly End[], program: Program, batch: number): Float64Array[] {
    const network = this.#network;
    const gradients = network.parameters.map((p) => new Float64Array(p.length));
    const add = (part: Part, values: readonly Float64Array[], coefficient: number) => {
      part.parameters.forEach((parameter, k) => {
        const gradient = gradients[network.parameters.indexOf(parameter)];
        part.interaction.parameterGradient(k, values, part.parameters, batch, coefficient / batch, gradient);
      });
    };
    for (const part of network.parts) {
      const terms = program.terms.map(({ phase, coefficient }) => {
        const values = network.valuesOf(part, ends[phase].states, ends[phase].activities);
        return { values, coefficient };
      });
      // Linear in its one free layer: the sum over the terms may be taken before the outer product rather than after.
      if (network.isConstant(part))
        add(
          part,
          combine(
            terms,
            part.layers.findIndex((l) => network.free.includes(l)),
          ),
          1,
        );
      else for (const { values, coefficient } of terms) add(part, values, coefficient);
    }
    return gradients;
  }

  #targetsOf(batch: number, targets: Floats | undefined): Float64Array {
    return targets
      ? Float64Array.from(targets)
      : new Float64Array(batch * this.#network.layers[this.#network.output].size);
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

/** The first term's values, with Σ coefficient · values in the place of one layer. */
function combine(terms: readonly { values: Float64Array[]; coefficient: number }[], place: number): Float64Array[] {
  const sum = new Float64Array(terms[0].values[place].length);
  for (const { values, coefficient } of terms) {
    for (let j = 0; j < sum.length; j++) sum[j] += coefficient * values[place][j];
  }
  return terms[0].values.with(place, sum);
}

function addTo(totals: Totals, end: Settled, wrong: number): void {
  totals.examples += end.energy.length;
  totals.wrong += wrong;
  for (let e = 0; e < end.energy.length; e++) {
    totals.energy += end.energy[e];
    totals.cost += end.cost[e];
  }
}
