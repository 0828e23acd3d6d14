import { following } from './abort.js';
import { audit } from './audit/audit.js';
import { type Recording, record } from './audit/record.js';
import type { AuditReport } from './audit/report.js';
import {
  checkBoolean,
  checkChoice,
  checkInstance,
  checkInteger,
  checkOptions,
  checkSignal,
  checkString,
  describe,
  type Floats,
} from './check.js';
import type { Dataset } from './data/dataset.js';
import { declaredClamped } from './energy/colouring.js';
import type { Cost } from './energy/cost.js';
import { Energy } from './energy/energy.js';
import { Layer } from './energy/layer.js';
import { type ClampedProblem, parametersOf, targetShapeOf, targetSizeOf } from './energy/problem.js';
import { chooseEngine } from './engine/choose.js';
import { type EngineFacts, factsOf, type GradientCall, type SettleCall } from './engine/engine.js';
import { checkFiniteResults } from './engine/finite.js';
import { checkEstimatorSuits, checkStartSuits, checkSuits, checkWeighable } from './engine/suits.js';
import { ArgumentError, DataError, EngineError, StateError } from './errors.js';
import { type AuditOptions, auditCallOf } from './model/audit.js';
import {
  checkNudge,
  checkSettleStart,
  clampingOf,
  type Equilibrium,
  GRADIENT_BATCH,
  type GradientBatch,
  RECORD_OPTIONS,
  type RecordOptions,
  SETTLE_OPTIONS,
  type SettleOptions,
} from './model/call.js';
import {
  checkCost,
  checkData,
  checkEnds,
  checkInput,
  checkMemory,
  checkReached,
  checkTarget,
  checkValues,
  checkWeights,
  initialValues,
  inputsAlone,
} from './model/checks.js';
import { type Parameter, readModelFile, writeModelFile } from './model/file.js';
import {
  defaultDynamics,
  definedOnly,
  EVALUATE_OPTIONS,
  type EvaluateOptions,
  MODEL_OPTIONS,
  type ModelOptions,
  type ModelSpec,
} from './model/options.js';
import { Plans } from './model/plans.js';
import { checkDynamics, type Dynamics } from './phases/dynamics.js';
import { checkEstimator, type Estimator, isRandom } from './phases/estimator.js';
import { STARTS, type Start } from './phases/start.js';
import { printable } from './printable.js';
import { Random } from './random.js';
import { fit } from './training/fit.js';
import { checkFitOptions, type FitOptions } from './training/fit-options.js';
import { type EpochRecord, type Metrics, metricsOf } from './training/history.js';

/**
 * An energy with a cost and values for its parameters: what is trained and asked.
 *
 * Calls may overlap: each batch, or share of a large one, is worked on with the parameters as they are between two
 * updates. All that compute return promises and leave JavaScript's thread free (the javascript engine: often).
 */
export class Model {
  /** What settles. */
  readonly energy: Energy;
  /** What the nudge lowers. */
  readonly cost: Cost;
  /** The clamped layer that data is given to. */
  readonly input: Layer;
  /** The free layer that is nudged and read out. */
  readonly output: Layer;
  /** Which engine computes: its name, instruction set, precision and threads. */
  readonly engine: EngineFacts;
  /** How the free state is reached by default. */
  readonly dynamics: Dynamics;
  /** Where free phases start by default. */
  readonly start: Start;
  readonly #plans: Plans;
  readonly #random: Random;
  /** Of its own, so that a call with noise changes nothing of what a training draws. */
  readonly #noise: Random;
  readonly #ended = new AbortController();
  #fitting = false;
  #disposed = false;

  /** @throws ArgumentError for an option that is unknown, missing or wrong; EngineError for an engine that does not run here */
  constructor(spec: ModelSpec) {
    spec = checkOptions('model options', spec, ['energy', 'input', 'output', ...MODEL_OPTIONS], ['cost']);
    this.energy = checkInstance('model energy', spec.energy, Energy, 'an energy, made by sum(…)');
    this.input = checkInstance('model input', spec.input, Layer, 'a layer');
    this.output = checkInstance('model output', spec.output, Layer, 'a layer');
    this.cost = checkCost(spec.cost, this.output, this.energy);
    checkEnds(this);
    checkReached(this.energy, this.input);
    this.dynamics = this.#checkDynamics('model dynamics', spec.dynamics ?? defaultDynamics(this.energy), 0);
    this.start = this.#checkStart('model start', spec.start ?? 'zero');
    const seed = checkInteger('model seed', spec.seed ?? 0, 0, Number.MAX_SAFE_INTEGER);
    this.#random = new Random(seed);
    this.#noise = new Random((seed + 2 ** 40) % Number.MAX_SAFE_INTEGER);
    const { isa, precision, threads } = spec;
    const engine = chooseEngine(definedOnly({ engine: spec.engine, isa, precision, threads }));
    this.engine = Object.freeze(factsOf(engine));
    checkMemory(this);
    try {
      const initial = [...parametersOf(this)].map(([name, spec]) => initialValues(name, spec, this.#random));
      this.#plans = new Plans(engine, this, declaredClamped(this.energy), initial);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // what typed arrays throw where there is no room
      throw new EngineError('there is not enough memory for this model', 'ERR_MEMORY', { cause: error });
    }
  }

  /** Copies of the parameters by name, such as `dense1.weight`. While a training runs they are those between two
   * updates, and this waits for the one under way, if any. */
  get parameters(): ReadonlyMap<string, Parameter> {
    Model.#checkUsable(this);
    const values = this.#plans.read();
    return new Map([...parametersOf(this)].map(([name, { shape }], i) => [name, { shape, data: values[i] }]));
  }

  /**
   * Writes parameters, those that are named, row-major, all at once: between two updates of a training that runs, or two
   * batches of whatever else does. This waits for the one under way, on JavaScript's thread: await long calls first.
   * @throws ArgumentError for an unknown name, a wrong length, a number that is not finite or below what the parameter
   * allows; nothing is written then
   */
  setParameters(values: Readonly<Record<string, Floats>>): void {
    Model.#checkUsable(this);
    const parameters = parametersOf(this);
    const given = checkOptions('setParameters values', values, [...parameters.keys()], [], 'parameter');
    this.#plans.main.write(
      [...parameters].map(([name, spec]) =>
        Object.hasOwn(given, name) ? checkValues(`setParameters ${name}`, given[name], spec) : undefined,
      ),
    );
  }

  /**
   * Settles a batch: at β = 0 to the free equilibrium, the prediction; at another β to a nudged one. The input is clamped
   * where it is given, and what `clamp` names; everything else settles: a label from an image, an image from a label, one
   * half of an image from the other.
   * @throws ArgumentError for a wrong shape, a number that is not finite, or a β without a target
   * @throws DivergenceError at the first iteration that leaves a state that is not finite
   */
  async settle(options: SettleOptions): Promise<Equilibrium> {
    Model.#checkUsable(this);
    const { call, clamped } = this.#settling('settle', options);
    const settled = await following([call.signal], (signal) =>
      this.#plans.using(clamped, (plan) => plan.settle({ ...call, signal })),
    );
    checkFiniteResults({ energy: settled.energy, cost: call.targets && settled.cost });
    const { energy, residual, iterations } = settled;
    const state = Object.fromEntries([...this.energy.layers.keys()].map((name, i) => [name, settled.states[i]]));
    const converged = Array.from(settled.converged, Boolean);
    const cost = call.targets && { cost: settled.cost };
    return { state, beta: call.beta, energy, ...cost, residual, iterations, converged };
  }

  /**
   * Settles like `settle`, and returns the way there, iteration by iteration: states, E, C, F and residuals, and, with
   * `updates`, how ∂E/∂θ changes, parameter by parameter.
   * @throws ArgumentError as `settle` does, and for `anderson`, which has a memory
   * @throws DivergenceError as `settle` does
   */
  async record(options: RecordOptions): Promise<Recording> {
    Model.#checkUsable(this);
    const { updates = false, ...rest } = checkOptions('record options', options, RECORD_OPTIONS);
    checkBoolean('record updates', updates);
    const { call, clamped } = this.#settling('record', rest);
    if (call.dynamics.kind === 'anderson') {
      throw new ArgumentError('record dynamics must have no memory, but anderson was given: take fixedPoint');
    }
    // Of its own, with the parameters as they are now: a training may go on.
    const own = this.#plans.copy(clamped);
    try {
      return await following([call.signal, this.#ended.signal], (signal) =>
        record(this.#clampedProblem(clamped), own, { ...call, signal }, { updates }),
      );
    } finally {
      own.dispose();
    }
  }

  /**
   * Compares the gradients of estimators with a reference, in float64 and as the native engine computes them, and says in words what is wrong with them.
   * @throws ArgumentError for a wrong shape, or an estimator that the energy does not allow
   */
  async audit(batch: GradientBatch, options: AuditOptions = {}): Promise<AuditReport> {
    Model.#checkUsable(this);
    const call = auditCallOf(this.#clampedProblem(), this, batch, options);
    return following([call.signal, this.#ended.signal], (signal) =>
      audit(this.#clampedProblem(), this.#plans.read(), { ...call, signal }, this.engine),
    );
  }

  /**
   * The mean gradient of the cost over a batch, by parameter name, as an estimator sees it. Of an estimator that draws
   * its program, the first is taken (of `randomSign`: +β).
   * @throws ArgumentError for a wrong shape, a number that is not finite or an estimator that the energy does not allow
   * @throws DivergenceError for a state or a gradient that is not finite
   */
  async gradient(batch: GradientBatch, estimator: Estimator): Promise<Record<string, Floats>> {
    Model.#checkUsable(this);
    batch = checkOptions('gradient batch', batch, GRADIENT_BATCH);
    const count = checkInput('gradient input', batch.input, this.input);
    const checked = this.#checkPhases('gradient estimator', checkEstimator('gradient estimator', estimator));
    checkWeighable('gradient weights', batch.weights, checked);
    const call: GradientCall = {
      batch: count,
      inputs: batch.input,
      start: this.#checkStart('gradient start', batch.start ?? this.start),
      targets: checkTarget('gradient target', batch.target, targetShapeOf(this.cost), count),
      weights: checkWeights('gradient weights', batch.weights, count),
      program: checked.programs[0],
      seed: isRandom(checked) ? this.#noise.next() : 0,
      signal: checkSignal('gradient signal', batch.signal),
    };
    const gradients = await following([call.signal], (signal) => this.#plans.main.gradient({ ...call, signal }));
    const named = Object.fromEntries([...parametersOf(this).keys()].map((name, i) => [name, gradients[i]]));
    for (const [name, values] of Object.entries(named)) checkFiniteResults({ gradient: values }, name);
    return named;
  }

  /**
   * Trains on a data set; resolves with the history, one record an epoch: after all epochs, or when `earlyStopping` or
   * `timeLimit` ends it.
   * @throws ArgumentError for an option that is unknown, missing or wrong, or data that does not fit the model
   * @throws StateError while another fit runs, or one of another model or process has the checkpoint folder
   * @throws DivergenceError at the first step that leaves a state, a parameter, an energy or a cost that is not finite; it says
   * what the model then holds
   * @throws the signal's reason when aborted, or what a callback has thrown; the updates made so far stay
   */
  async fit(data: Dataset, options: FitOptions): Promise<EpochRecord[]> {
    Model.#checkUsable(this);
    checkData('fit data', data, this.input, targetSizeOf(this.cost));
    const checked = checkFitOptions(options, this.start);
    checkStartSuits('fit start', this.#clampedProblem(), checked.start);
    this.#checkPhases('fit estimator', checked.estimator);
    checkWeighable('fit data weights', data.weights, checked.estimator);
    if (checked.validation) checkData('fit validation', checked.validation, this.input, targetSizeOf(this.cost));
    if (this.#fitting)
      throw new StateError('ERR_BUSY', 'fit must wait until the fit that runs on this model has ended');
    this.#fitting = true;
    try {
      return await fit(
        { plan: this.#plans.main, problem: this, start: this.start, random: this.#random },
        data,
        checked,
      );
    } finally {
      this.#fitting = false;
    }
  }

  /**
   * Error, cost and energy of the free equilibria of a data set's examples.
   * @throws ArgumentError for data that does not fit the model
   * @throws DivergenceError for a state, an energy or a cost that is not finite
   */
  async evaluate(data: Dataset, options: EvaluateOptions = {}): Promise<Metrics & { count: number }> {
    Model.#checkUsable(this);
    options = checkOptions('evaluate options', options, EVALUATE_OPTIONS);
    checkData('evaluate data', data, this.input, targetSizeOf(this.cost));
    const totals = await this.#evaluate('evaluate', data, options, false);
    checkFiniteResults({ cost: [totals.cost] });
    return { ...metricsOf(totals, data), count: totals.examples };
  }

  /**
   * What the cost compares with targets, at each input's free equilibrium: the states of the output layer, which
   * `crossEntropy` takes as logits, or the logits that `crossEntropyReadOut` makes of them: the softmax of logits is how
   * probable each class is.
   * @param inputs numbers [batch, ...shape of the input layer], or a data set, whose labels or targets are not looked at
   * @returns [batch, ...shape of a target]
   * @throws ArgumentError for a wrong shape or a number that is not finite
   * @throws DivergenceError for a state or a read-out that is not finite
   */
  async readOut(inputs: Floats | Dataset, options: EvaluateOptions = {}): Promise<Float64Array> {
    Model.#checkUsable(this);
    return Float64Array.from(await this.#readOut('readOut', inputs, options));
  }

  /**
   * The class of each input: where its read-out is highest.
   * @param inputs as of `readOut`, which also serves where targets are no classes
   * @throws ArgumentError for a wrong shape or a number that is not finite
   * @throws DivergenceError for a state or a read-out that is not finite
   */
  async predict(inputs: Floats | Dataset, options: EvaluateOptions = {}): Promise<Uint32Array> {
    Model.#checkUsable(this);
    const size = targetSizeOf(this.cost);
    const outputs = await this.#readOut('predict', inputs, options);
    return Uint32Array.from({ length: outputs.length / size }, (_, e) => {
      let highest = e * size;
      for (let j = highest + 1; j < (e + 1) * size; j++) if (outputs[j] > outputs[highest]) highest = j;
      return highest - e * size;
    });
  }

  /**
   * Writes form and parameters to a safetensors file, whole or not at all.
   * @throws DataError if the file cannot be written; ArgumentError if the energy has parts of the user's own, or too many to be
   * loaded again: some 5,000 interactions are
   * @throws DivergenceError for a parameter that is not finite, as after a training that diverged: the file that is there stays
   */
  async save(path: string): Promise<void> {
    Model.#checkUsable(this);
    checkString('save path', path);
    const { parameters } = this;
    for (const [name, { data }] of parameters) checkFiniteResults({ parameter: data }, name);
    await writeModelFile(path, this, this, parameters);
  }

  /**
   * Reads what `save` has written.
   * @throws DataError if the file cannot be read, is damaged or holds no model
   */
  static async load(path: string, options: ModelOptions = {}): Promise<Model> {
    checkString('load path', path);
    options = definedOnly(checkOptions('load options', options, MODEL_OPTIONS));
    const { problem, dynamics, start, values } = await readModelFile(path);
    let model: Model | undefined;
    try {
      model = new Model({ ...problem, dynamics, start, ...options });
      model.setParameters(values);
      return model;
    } catch (error) {
      model?.dispose();
      // The options have names of their own; what else is wrong is wrong in the file.
      if (
        !(error instanceof ArgumentError) ||
        Object.keys(options).some((o) => error.message.startsWith(`model ${o}`))
      ) {
        throw error;
      }
      throw new DataError('ERR_DATA', `${path} holds no model that works: ${printable(error.message)}`, {
        cause: error,
      });
    }
  }

  /** Frees the model's memory and stops what it is doing. Every later call is an error; a second dispose is none. */
  dispose(): void {
    Model.#checkModel(this);
    if (this.#disposed) return;
    this.#disposed = true;
    this.#ended.abort(new StateError('ERR_DISPOSED', 'the model was disposed while it was working'));
    this.#plans.dispose();
  }

  static #checkModel(model: unknown): void {
    if (typeof model === 'object' && model !== null && #disposed in model) return;
    throw new ArgumentError(`a model's method must be called on a model, but was called on ${describe(model)}`);
  }

  static #checkUsable(model: Model): void {
    Model.#checkModel(model);
    if (model.#disposed) throw new StateError('ERR_DISPOSED', 'the model must not be used after dispose');
  }

  /** What `settle` and `record` ask of a plan, and what is clamped in it. */
  #settling(what: string, options: SettleOptions) {
    options = checkOptions(`${what} options`, options, SETTLE_OPTIONS);
    const { batch, clamped, states, held } = clampingOf(what, this.energy, this.input, options);
    const { target, beta = 0 } = options;
    const targets =
      target === undefined ? undefined : checkTarget(`${what} target`, target, targetShapeOf(this.cost), batch);
    checkNudge(what, beta, targets, clamped.has(this.output));
    const dynamics = this.#checkDynamics(`${what} dynamics`, options.dynamics ?? this.dynamics, beta, clamped);
    const start = checkSettleStart(what, options) ?? this.start;
    const call: SettleCall = {
      batch,
      states,
      start: this.#checkStart(`${what} start`, start, clamped),
      held: held.some(Boolean) ? held : undefined,
      targets,
      weights: checkWeights(`${what} weights`, options.weights, batch),
      beta,
      dynamics,
      seed: dynamics.kind === 'langevin' ? this.#noise.next() : 0,
      signal: checkSignal(`${what} signal`, options.signal),
    };
    return { call, clamped };
  }

  #checkDynamics(name: string, dynamics: Dynamics, beta: number, clamped?: ReadonlySet<Layer>): Dynamics {
    const checked = checkDynamics(name, dynamics);
    checkSuits(name, this.#clampedProblem(clamped), { dynamics: checked, beta });
    return checked;
  }

  #checkStart(name: string, start: Start, clamped?: ReadonlySet<Layer>): Start {
    checkStartSuits(name, this.#clampedProblem(clamped), checkChoice(name, start, STARTS));
    return start;
  }

  #checkPhases(name: string, estimator: Estimator): Estimator {
    checkEstimatorSuits(name, this.#clampedProblem(), estimator);
    return estimator;
  }

  #clampedProblem(clamped: ReadonlySet<Layer> = declaredClamped(this.energy)): ClampedProblem {
    const { energy, cost, input, output } = this;
    return { energy, cost, input, output, clamped };
  }

  async #readOut(what: string, inputs: Floats | Dataset, options: EvaluateOptions): Promise<Floats> {
    options = checkOptions(`${what} options`, options, EVALUATE_OPTIONS);
    const { outputs } = await this.#evaluate(what, inputsAlone(`${what} inputs`, inputs, this.input), options, true);
    return outputs;
  }

  async #evaluate(what: string, data: Dataset, options: EvaluateOptions, outputs: boolean) {
    const dynamics = this.#checkDynamics(`${what} dynamics`, options.dynamics ?? this.dynamics, 0);
    const start = this.#checkStart(`${what} start`, options.start ?? this.start);
    const given = checkSignal(`${what} signal`, options.signal);
    const seed = dynamics.kind === 'langevin' ? this.#noise.next() : 0;
    const loaded = this.#plans.main.load(data);
    try {
      const call = { data: loaded, dynamics, start, outputs, seed };
      const evaluation = await following([given], (signal) => this.#plans.main.evaluate({ ...call, signal }));
      checkFiniteResults({ energy: [evaluation.energy], readOut: evaluation.outputs });
      return evaluation;
    } finally {
      loaded.release();
    }
  }
}
