import { type ActivationName, activations } from '../energy/activation.js';
import { ArgumentError } from '../errors.js';
import type { HopfieldCost } from '../hopfield.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { TrainingStart } from '../phases/start.js';
import type { Decay } from '../training/sgd.js';
import { checkPoints, type TrainerName, takesBeta } from './estimators.js';
import type { DataOptions, SharedOptions } from './options.js';
import { type PhaseOptions, phasesOf } from './phases.js';
import { PRESETS, type Preset, type PresetName } from './presets.js';
import type { RunSettings } from './run-folder.js';

/** What `train` takes, as commander hands it over. */
export interface TrainOptions extends SharedOptions, DataOptions, PhaseOptions {
  preset: PresetName;
  hidden?: number[];
  activation?: ActivationName;
  output?: ActivationName;
  cost?: HopfieldCost;
  gain?: number;
  epochs?: number;
  batch?: number;
  estimator?: TrainerName;
  beta?: number;
  points?: number;
  start?: TrainingStart;
  rates?: number[];
  decay?: Decay;
  momentum?: number;
  examples?: number;
  seed?: number;
  run?: string;
  resume?: true;
  checkpointEvery?: number;
  patience?: number;
  keepBest?: true;
  timeLimit?: number;
}

/** A preset with the options' changes. */
export interface Settings extends Omit<Preset, 'examplesOfMnist' | 'output' | 'gain'> {
  readonly preset: PresetName;
  readonly output: ActivationName | undefined;
  readonly gain: number | undefined;
  /** Nudges on the circle of `holomorphic`. */
  readonly points: number | undefined;
  readonly momentum: number;
  /** How many training examples to use, the first ones. */
  readonly examples: number;
  /** Updates between checkpoints; undefined: a minute. */
  readonly checkpointEvery: number | undefined;
  /** Epochs without a lower test error before the training ends. */
  readonly patience: number | undefined;
  readonly keepBest: boolean;
  /** Seconds of training. */
  readonly timeLimit: number | undefined;
}

/** The settings that a run may go on with others of: they say how far it goes, not where. */
const FREE_TO_CHANGE: readonly string[] = [
  'epochs',
  'checkpointEvery',
  'patience',
  'timeLimit',
] satisfies (keyof Settings)[];

/**
 * Refuses to go on with other settings than a run began with. A scale that is given is of all numbers, the settings' own of bytes
 * alone.
 * @throws ArgumentError
 */
export function checkSameSettings(settings: Settings, scale: number | undefined, past: RunSettings): void {
  const inWords = (value: unknown) => JSON.stringify(value) ?? 'none';
  const differs = (key: string, now: unknown, before: unknown) => {
    if (inWords(now) === inWords(before)) return;
    throw new ArgumentError(
      `--resume must go on with the settings of the run, ${key} ${inWords(before)}, but they would be ${inWords(now)}`,
    );
  };
  differs('--scale', scale, past.options.get('scale'));
  for (const [key, now] of Object.entries(settings)) {
    if (!FREE_TO_CHANGE.includes(key)) differs(key, now, past.settings.get(key));
  }
}

/**
 * The settings of a training on `available` examples.
 * @throws ArgumentError for options that do not go together, or with the data
 */
export function settingsOf(options: TrainOptions, available: number): Settings {
  const { examplesOfMnist, ...preset }: Preset = PRESETS[options.preset];
  const hidden = options.hidden ?? preset.hidden;
  const cost = options.cost ?? preset.cost;
  const estimator = options.estimator ?? preset.estimator;
  const examples = options.examples ?? (available === 60_000 ? examplesOfMnist : available);
  if (examples > available) {
    throw new ArgumentError(
      `--examples must be at most ${available}, as many as the training set has, but ${examples} was given`,
    );
  }
  if (options.beta !== undefined && !takesBeta(estimator)) {
    throw new ArgumentError(
      `--beta must be left out with --estimator ${estimator}, which has none, but ${options.beta} was given`,
    );
  }
  if (options.momentum && estimator === 'continual') {
    throw new ArgumentError(
      `--momentum must be left out with --estimator continual, which moves parameters while it nudges, but ${options.momentum} was given`,
    );
  }
  checkPoints(options.points, '--estimator', [estimator]);
  const { free, nudged } = phasesOf(options, options.preset, preset, estimator);
  return {
    preset: options.preset,
    ...preset,
    hidden,
    activation: activationOf(options.activation ?? preset.activation, free.kind),
    output: outputOf(options, preset, cost),
    cost,
    gain: options.gain ?? preset.gain,
    estimator,
    beta: options.beta ?? preset.beta,
    points: options.points,
    free,
    nudged,
    start: options.start ?? preset.start,
    rates: ratesOf(options, cost, hidden.length + 1),
    decay: options.decay ?? preset.decay,
    momentum: options.momentum ?? 0,
    batchSize: options.batch ?? preset.batchSize,
    epochs: options.epochs ?? preset.epochs,
    examples,
    scale: options.scale ?? preset.scale,
    seed: options.seed ?? preset.seed,
    checkpointEvery: options.checkpointEvery,
    patience: options.patience,
    keepBest: options.keepBest ?? false,
    timeLimit: options.timeLimit,
  };
}

function activationOf(chosen: ActivationName, dynamics: Dynamics['kind']): ActivationName {
  if (dynamics !== 'coordinateDescent' || activations[chosen].identity) return chosen;
  throw new ArgumentError(
    `--activation must be hardSigmoid or linear with ${dynamics}, in which layers go to their exact minimisers, but ${chosen} was given`,
  );
}

/** The activation of the output layer, where there is one and it is not left to the cost. */
function outputOf(
  { output }: TrainOptions,
  preset: Pick<Preset, 'output'>,
  cost: HopfieldCost,
): ActivationName | undefined {
  if (output === undefined) return cost === 'squaredError' ? preset.output : undefined;
  if (cost === 'crossEntropyReadOut') {
    throw new ArgumentError(
      `--output must be left out with --cost crossEntropyReadOut, which reads the last hidden layer, but ${output} was given`,
    );
  }
  if (cost === 'crossEntropy' && output !== 'linear') {
    throw new ArgumentError(
      `--output must be linear with --cost crossEntropy, as logits have no bounds, but ${output} was given`,
    );
  }
  return output;
}

/** One learning rate for each layer after the input, or for the read-out in the place of the last. */
function ratesOf({ rates, preset }: TrainOptions, cost: HopfieldCost, wanted: number): readonly number[] {
  const own = PRESETS[preset].rates;
  const chosen = rates ?? own;
  if (chosen.length === wanted) return chosen;
  const each =
    cost === 'crossEntropyReadOut'
      ? 'one for each hidden layer and the read-out'
      : 'one for each layer after the input';
  throw new ArgumentError(
    rates
      ? `--rates must be ${wanted} numbers, ${each}, but ${rates.length} ${rates.length === 1 ? 'was' : 'were'} given`
      : `--rates must be given, ${wanted} numbers, ${each}: preset ${preset} has ${own.length}`,
  );
}
