import { ArgumentError } from '../errors.js';
import type { SharedOptions } from './options.js';
import { type EstimatorName, PRESETS, type Preset, type PresetName } from './presets.js';

/** What `train` takes, as commander hands it over. */
export interface TrainOptions extends SharedOptions {
  preset: PresetName;
  hidden?: number[];
  epochs?: number;
  batch?: number;
  beta?: number;
  estimator?: EstimatorName;
  rates?: number[];
  examples?: number;
  seed?: number;
  run?: string;
}

/** A preset with the options' changes. */
export interface Settings extends Omit<Preset, 'examplesOfMnist'> {
  readonly preset: PresetName;
  /** How many training examples to use, the first ones. */
  readonly examples: number;
}

/**
 * The settings of a training on `available` examples.
 * @throws ArgumentError for options that do not go together, or with the data
 */
export function settingsOf(options: TrainOptions, available: number): Settings {
  const { examplesOfMnist, ...preset } = PRESETS[options.preset];
  const hidden = options.hidden ?? preset.hidden;
  const examples = options.examples ?? (available === 60_000 ? examplesOfMnist : available);
  if (examples > available) {
    throw new ArgumentError(
      `--examples must be at most ${available}, as many as the training set has, but ${examples} was given`,
    );
  }
  return {
    preset: options.preset,
    ...preset,
    hidden,
    estimator: options.estimator ?? preset.estimator,
    beta: options.beta ?? preset.beta,
    rates: ratesOf(options, hidden.length + 1),
    batchSize: options.batch ?? preset.batchSize,
    epochs: options.epochs ?? preset.epochs,
    examples,
    seed: options.seed ?? preset.seed,
  };
}

/** One learning rate for each layer after the input. */
function ratesOf({ rates, preset }: TrainOptions, layers: number): readonly number[] {
  const own = PRESETS[preset].rates;
  const chosen = rates ?? own;
  if (chosen.length === layers) return chosen;
  throw new ArgumentError(
    rates
      ? `--rates must be ${layers} numbers, one for each layer after the input, but ${rates.length} were given`
      : `--rates must be given, ${layers} numbers, one for each layer after the input: preset ${preset} has ${own.length}`,
  );
}
