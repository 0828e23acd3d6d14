import { totalmem } from 'node:os';
import {
  checkFinite,
  checkFloats,
  checkInstance,
  checkInteger,
  checkOptions,
  checkSignal,
  checkString,
  describe,
  type Floats,
  sizeOf,
} from './check.js';
import { Dataset, dataset } from './data/dataset.js';
import type { Cost } from './energy/cost.js';
import { Energy } from './energy/energy.js';
import { Layer } from './energy/layer.js';
import { chooseEngine, type EngineOptions } from './engine/choose.js';
import type { Engine, Plan } from './engine/engine.js';
import { checkSuits } from './engine/suits.js';
import { ArgumentError, EngineError, StateError } from './errors.js';
import { type Parameter, readModelFile, writeModelFile } from './model-file.js';
import { checkDynamics, type Dynamics } from './phases/dynamics.js';
import type { Estimator } from './phases/estimator.js';
import { euler } from './phases/euler.js';
import { Random } from './random.js';
import {
  checkEstimator,
  checkFitOptions,
  type EpochRecord,
  type FitOptions,
  fit,
  type Metrics,
  metricsOf,
} from './training/fit.js';

export interface ModelOptions extends EngineOptions {
  /** A whole number that all that is random comes from: initial weights, orders of examples, signs of β. The same seed
   * gives the same bits. Default 0. */
  seed?: number;
  /** How `settle`, `evaluate` and `predict` reach the free state unless they are told. Default: Euler's method, at most
   * 100 steps of 0.5, to a tolerance of 1e-4. */
  dynamics?: Dynamics;
}

export interface ModelSpec extends ModelOptions {
  energy: Energy;
  cost: Cost;
  /** The clamped layer that data is given to. */
  input: Layer;
  /** The free layer that is read out and nudged; the cost's. */
  output: Layer;
}

/** The end of a settling; lists are by example. */
export interface Equilibrium {
  /** States by layer name, row-major [batch, ...shape]. */
  readonly state: Readonly<Record<string, Floats>>;
  readonly beta: number;
  /** E, without β C. */
  readonly energy: Float64Array;
  /** C, where a target was given. */
  readonly cost?: Float64Array;
  /** The largest change of a state in the last step. */
  readonly residual: Float64Array;
  readonly iterations: Uint32Array;
  /** Whether the residual reached the dynamics' tolerance. */
  readonly converged: readonly boolean[];
}

export interface SettleOptions {
  /** [batch, ...shape of the input layer]: the length says how many examples there are. */
  input: Floats;
  /** [batch, ...shape of the output layer]; needed where β is not 0. */
  target?: Floats;
  /** The nudge. Default 0: the free phase. */
  beta?: number;
  /** The equilibrium to start from. Default: zero. */
  from?: Pick<Equilibrium, 'state'>;
  /** Default: the model's. */
  dynamics?: Dynamics;
  signal?: AbortSignal;
}

export interface EvaluateOptions {
  /** Default: the model's. */
  dynamics?: Dynamics;
  signal?: AbortSignal;
}

/**
 * An energy with a cost and values for its parameters: what is trained and asked.
 *
 * Calls may overlap: each works on the parameters as they are between two updates. All that compute return promises
 * and leave JavaScript's thread free (the javascript engine: often).
 */
export class Model {
  readonly energy: Energy;
  readonly cost: Cost;
  readonly input: Layer;
  readonly output: Layer;
  /** Which engine computes: its name, instruction set and threads. */
  readonly engine: Readonly<Pick<Engine, 'name' | 'isa' | 'threads'>>;
  /** How the free state is reached by default. */
  readonly dynamics: Dynamics;
  readonly #plan: Plan;
  readonly #random: Random;
  #fitting = false;
  #disposed = false;

  /** @throws ArgumentError for an option that is unknown, missing or wrong; EngineError for an engine that does not run here */
  constructor(spec: ModelSpec) {
    const names = ['energy', 'cost', 'input', 'output', 'seed', 'dynamics', 'engine', 'isa', 'threads'];
    checkOptions('model options', spec, names);
    this.energy = checkInstance('model energy', spec.energy, Energy, 'an energy, made by sum(…)');
    this.input = checkInstance('model input', spec.input, Layer, 'a layer');
    this.output = checkInstance('model output', spec.output, Layer, 'a layer');
    this.cost = checkCost(spec.cost, this.output);
    if (!this.input.clamped)
      throw new ArgumentError('model input must be a clamped layer: layer(shape, { clamped: true })');
    if (this.output.clamped) throw new ArgumentError('model output must be a free layer, but it is clamped');
    this.energy.nameOf(this.input);
    this.energy.nameOf(this.output);
    for (const [name, layer] of this.energy.layers) {
      if (!layer.clamped || layer === this.input) continue;
      throw new ArgumentError(`model input must be the only clamped layer, but '${name}' is clamped too`);
    }
    this.dynamics = this.#checkDynamics(
      'model dynamics',
      spec.dynamics ?? euler({ iterations: 100, tolerance: 1e-4 }),
      0,
    );
    this.#random = new Random(checkInteger('model seed', spec.seed ?? 0, 0, Number.MAX_SAFE_INTEGER));
    const engine = chooseEngine(definedOnly({ engine: spec.engine, isa: spec.isa, threads: spec.threads }));
    this.engine = Object.freeze({ name: engine.name, isa: engine.isa, threads: engine.threads });
    checkMemory(this.energy);
    try {
      this.#plan = engine.compile(this);
      this.#forEachParameter((index, size, name) => {
        const data = new Float64Array(size);
        this.energy.parameters.get(name)?.spec.initialise(data, this.#random);
        this.#plan.write(index, data);
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // what typed arrays throw where there is no room
      throw new EngineError('there is not enough memory for this model', 'ERR_MEMORY', { cause: error });
    }
  }

  /** The parameters by name, such as `dense1.weight`; copies. */
  get parameters(): ReadonlyMap<string, Parameter> {
    this.#checkUsable();
    const parameters = new Map<string, Parameter>();
    this.#forEachParameter((index, _size, name, shape) => {
      parameters.set(name, { shape, data: this.#plan.read(index) });
    });
    return parameters;
  }

  /**
   * Writes parameters, those that are named, row-major.
   * @throws ArgumentError for an unknown name, a wrong length or a number that is not finite; nothing is written then
   */
  setParameters(values: Readonly<Record<string, Floats>>): void {
    this.#checkUsable();
    const known = [...this.energy.parameters.keys()];
    const given = checkOptions('setParameters values', values, known) as Record<string, Floats>;
    this.#forEachParameter((_index, size, name, shape) => {
      if (name in given) checkFloats(`setParameters ${name}`, given[name], size, `[${shape.join(', ')}]`);
    });
    this.#forEachParameter((index, _size, name) => {
      if (name in given) this.#plan.write(index, given[name]);
    });
  }

  /**
   * Settles a batch: at β = 0 to the free equilibrium, the prediction; at another β to a nudged one.
   * @throws ArgumentError for a wrong shape, a number that is not finite, or a β without a target
   */
  async settle(options: SettleOptions): Promise<Equilibrium> {
    this.#checkUsable();
    checkOptions('settle options', options, ['input', 'target', 'beta', 'from', 'dynamics', 'signal']);
    const { beta = 0, from } = options;
    const batch = this.#checkInput('settle input', options.input);
    const targets = options.target && this.#checkTarget('settle target', options.target, batch);
    if (typeof beta !== 'number' || !Number.isFinite(beta)) {
      throw new ArgumentError(`settle beta must be a finite number, but ${describe(beta)} was given`);
    }
    if (beta !== 0 && !targets) throw new ArgumentError('settle target must be given where beta is not 0');
    const dynamics = this.#checkDynamics('settle dynamics', options.dynamics ?? this.dynamics, beta);
    const settled = await this.#plan.settle({
      batch,
      inputs: options.input,
      targets,
      beta,
      from: from && this.#checkFrom(from, batch),
      dynamics,
      signal: checkSignal('settle signal', options.signal),
    });
    const { energy, residual, iterations } = settled;
    const state = Object.fromEntries([...this.energy.layers.keys()].map((name, i) => [name, settled.states[i]]));
    const converged = Array.from(settled.converged, Boolean);
    return { state, beta, energy, ...(targets && { cost: settled.cost }), residual, iterations, converged };
  }

  /**
   * The mean gradient of the cost over a batch, by parameter name, as an estimator sees it. Of an estimator that draws
   * its program, the first is taken (of `randomSign`: +β).
   * @throws ArgumentError for a wrong shape or a number that is not finite
   */
  async gradient(
    batch: { input: Floats; target: Floats; signal?: AbortSignal },
    estimator: Estimator,
  ): Promise<Record<string, Floats>> {
    this.#checkUsable();
    checkOptions('gradient batch', batch, ['input', 'target', 'signal']);
    const count = this.#checkInput('gradient input', batch.input);
    const gradients = await this.#plan.gradient({
      batch: count,
      inputs: batch.input,
      targets: this.#checkTarget('gradient target', batch.target, count),
      program: this.#checkEstimator('gradient estimator', estimator).programs[0],
      signal: checkSignal('gradient signal', batch.signal),
    });
    return Object.fromEntries([...this.energy.parameters.keys()].map((name, i) => [name, gradients[i]]));
  }

  /**
   * Trains on a data set; resolves with the history, one record an epoch.
   * @throws ArgumentError for an option that is unknown, missing or wrong, or data that does not fit the model
   * @throws StateError while another fit runs
   * @throws DivergenceError at the first step that sees a number that is not finite
   * @throws the signal's reason when aborted, or what a callback has thrown; the updates made so far stay
   */
  async fit(data: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    this.#checkUsable();
    this.#checkData('fit data', data, true);
    const checked = checkFitOptions(options);
    this.#checkEstimator('fit estimator', checked.estimator);
    if (checked.validation) this.#checkData('fit validation', checked.validation, true);
    if (this.#fitting)
      throw new StateError('ERR_BUSY', 'fit must wait until the fit that runs on this model has ended');
    this.#fitting = true;
    try {
      return await fit({ plan: this.#plan, energy: this.energy, random: this.#random }, data, checked);
    } finally {
      this.#fitting = false;
    }
  }

  /**
   * Error, cost and energy of the free equilibria of a data set's examples, each settled from zero.
   * @throws ArgumentError for data that does not fit the model
   */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Metrics & { count: number }> {
    this.#checkUsable();
    checkOptions('evaluate options', options, ['dynamics', 'signal']);
    this.#checkData('evaluate data', data, true);
    const totals = await this.#evaluate('evaluate', data, options, false);
    return { ...metricsOf(totals, data), count: totals.examples };
  }

  /**
   * The class of each input: the output unit with the highest state at the free equilibrium.
   * @param inputs numbers [batch, ...shape of the input layer], or a data set
   * @throws ArgumentError for a wrong shape or a number that is not finite
   */
  async predict(inputs: Floats | Dataset, options: EvaluateOptions = {}): Promise<Uint32Array> {
    this.#checkUsable();
    checkOptions('predict options', options, ['dynamics', 'signal']);
    const { size } = this.output;
    const { outputs } = await this.#evaluate('predict', this.#toData(inputs), options, true);
    return Uint32Array.from({ length: outputs.length / size }, (_, e) => {
      let highest = e * size;
      for (let j = highest + 1; j < (e + 1) * size; j++) if (outputs[j] > outputs[highest]) highest = j;
      return highest - e * size;
    });
  }

  /**
   * Writes form and parameters to a safetensors file, whole or not at all.
   * @throws DataError if the file cannot be written; ArgumentError if the energy has parts of the user's own
   */
  async save(path: string): Promise<void> {
    this.#checkUsable();
    checkString('save path', path);
    await writeModelFile(path, this, this.dynamics, this.parameters);
  }

  /**
   * Reads what `save` has written.
   * @throws DataError if the file cannot be read, is damaged or holds no model
   */
  static async load(path: string, options: ModelOptions = {}): Promise<Model> {
    checkString('load path', path);
    checkOptions('load options', options, ['seed', 'dynamics', 'engine', 'isa', 'threads']);
    const { problem, dynamics, values } = await readModelFile(path);
    const model = new Model({ ...problem, dynamics, ...options });
    model.setParameters(values);
    return model;
  }

  /** Frees the model's memory and stops what it is doing. Every later call is an error; a second dispose is none. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#plan.dispose();
  }

  #checkUsable(): void {
    if (this.#disposed) throw new StateError('ERR_DISPOSED', 'the model must not be used after dispose');
  }

  #forEachParameter(visit: (index: number, size: number, name: string, shape: readonly number[]) => void): void {
    let index = 0;
    for (const [name, { spec }] of this.energy.parameters) {
      visit(
        index++,
        spec.shape.reduce((a, b) => a * b, 1),
        name,
        spec.shape,
      );
    }
  }

  /** Returns how many examples an input holds. */
  #checkInput(name: string, input: Floats): number {
    checkFloats(name, input);
    const { size, shape } = this.input;
    if (input.length > 0 && input.length % size === 0) return input.length / size;
    throw new ArgumentError(
      `${name} must hold one or more examples of ${size} numbers ([batch, ${shape.join(', ')}]), but ${describe(input)} was given`,
      'ERR_SHAPE',
    );
  }

  #checkDynamics(name: string, dynamics: Dynamics, beta: number): Dynamics {
    const checked = checkDynamics(name, dynamics);
    checkSuits(name, this, { dynamics: checked, beta, from: 'start' });
    return checked;
  }

  #checkEstimator(name: string, value: Estimator): Estimator {
    const estimator = checkEstimator(name, value);
    for (const { phases } of estimator.programs) {
      for (const [i, phase] of phases.entries()) checkSuits(`${name}, phase ${i},`, this, phase);
    }
    return estimator;
  }

  #checkTarget(name: string, target: Floats, batch: number): Floats {
    const { size, shape } = this.output;
    return checkFloats(name, target, batch * size, `[${[batch, ...shape].join(', ')}]`);
  }

  #checkFrom(from: Pick<Equilibrium, 'state'>, batch: number): Floats[] {
    const names = [...this.energy.layers.keys()];
    const state = checkOptions('settle from.state', from.state, names) as Record<string, Floats>;
    return [...this.energy.layers].map(([name, layer]) =>
      layer.clamped
        ? new Float32Array(batch * layer.size)
        : checkFloats(
            `settle from.state.${name}`,
            state[name],
            batch * layer.size,
            `[${[batch, ...layer.shape].join(', ')}]`,
          ),
    );
  }

  #checkData(name: string, data: Dataset, needsTargets: boolean): void {
    checkInstance(name, data, Dataset, 'a data set, made by dataset(…), mnist() or the like');
    const { size, shape } = this.input;
    const given = sizeOf(data.shape);
    if (given !== size) {
      throw new ArgumentError(
        `${name} must have inputs of ${size} numbers ([${shape.join(', ')}]), but they have ${given} ([${data.shape.join(', ')}])`,
        'ERR_SHAPE',
      );
    }
    // Its arrays are the user's own and may have been transferred, shrunk or written to since it was made.
    if (data.inputs.length !== data.count * size) {
      throw new ArgumentError(
        `${name} must keep its ${data.count * size} inputs, but only ${data.inputs.length} are left: their buffer was detached or resized`,
      );
    }
    if (data.inputs instanceof Float32Array) checkFinite(`${name} inputs`, data.inputs);
    if (needsTargets && data.targetSize !== this.output.size) {
      const what = data.labels ? 'classes' : 'numbers a target';
      throw new ArgumentError(
        `${name} must have ${this.output.size} ${what}, as many as the output layer has units, but it has ${data.targetSize}`,
        'ERR_SHAPE',
      );
    }
    if (needsTargets && data.targets) checkFloats(`${name} targets`, data.targets, data.count * data.targetSize);
  }

  /** Inputs alone as a data set; their targets are never looked at. */
  #toData(inputs: Floats | Dataset): Dataset {
    if (inputs instanceof Dataset) {
      this.#checkData('predict inputs', inputs, false);
      return inputs;
    }
    const count = this.#checkInput('predict inputs', inputs);
    const targets = new Float32Array(count * this.output.size);
    return dataset({ inputs: Float32Array.from(inputs), shape: this.input.shape, targets });
  }

  async #evaluate(what: string, data: Dataset, options: EvaluateOptions, outputs: boolean) {
    const dynamics = this.#checkDynamics(`${what} dynamics`, options.dynamics ?? this.dynamics, 0);
    const signal = checkSignal(`${what} signal`, options.signal);
    const loaded = this.#plan.load(data);
    try {
      return await this.#plan.evaluate({ data: loaded, dynamics, outputs, signal });
    } finally {
      loaded.release();
    }
  }
}

function checkCost(cost: Cost, output: Layer): Cost {
  if (typeof cost !== 'object' || cost === null || typeof cost.stateGradient !== 'function') {
    throw new ArgumentError(`model cost must be a cost such as squaredError(y), but ${describe(cost)} was given`);
  }
  if (cost.layer !== output)
    throw new ArgumentError('model cost must be a cost of the output layer, but it is of another');
  return cost;
}

/** Refuses what this machine could never hold before anything is allocated. */
function checkMemory(energy: Energy): void {
  let numbers = 0;
  for (const { spec } of energy.parameters.values()) numbers += sizeOf(spec.shape);
  const bytes = 8 * numbers; // once in float64, or twice in float32: both orientations
  if (bytes <= totalmem()) return;
  const gigabytes = (n: number) => (n / 2 ** 30).toFixed(1);
  throw new EngineError(
    `there is not enough memory for this model: its parameters take ${gigabytes(bytes)} GiB, and this machine has ${gigabytes(totalmem())}`,
    'ERR_MEMORY',
  );
}

function definedOnly(options: { [K in keyof EngineOptions]: EngineOptions[K] | undefined }): EngineOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
