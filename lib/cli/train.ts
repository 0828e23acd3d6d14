import type { Command } from 'commander';
import { sizeOf } from '../check.js';
import { type Dataset, withByteScale } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { ACTIVATIONS } from '../energy/activation.js';
import { HOPFIELD_COSTS } from '../hopfield.js';
import { TRAINING_STARTS } from '../phases/start.js';
import type { EpochRecord } from '../training/fit.js';
import { sgd } from '../training/sgd.js';
import { TRAINERS } from './estimators.js';
import { Interruption } from './interruption.js';
import { anglesOf, type Network, networkOf } from './network.js';
import {
  addEngineOptions,
  addJsonOption,
  DATA_HELP,
  decayOf,
  ENVIRONMENT_HELP,
  engineOf,
  evenNumber,
  list,
  momentumOf,
  nameAmong,
  numberFromZero,
  oneOf,
  positiveNumber,
  wholeNumber,
} from './options.js';
import { formatCount, formatEngine, formatPercent, printJson, printLine } from './output.js';
import { describePreset, PRESET_NAMES } from './presets.js';
import { ProgressBar } from './progress.js';
import { defaultRunPath, nameOfData, RunFolder } from './run-folder.js';
import { type Settings, settingsOf, type TrainOptions } from './settings.js';

/** Shorter epochs do not each save the model: it would take longer than the learning. */
const SECONDS_BETWEEN_SAVES = 2;

const HELP = `
Presets: paper-1, 2 and 3 are the networks of Scellier and Bengio (2017), trained as the authors' code does, in batches of
20, with a random sign of β; of 60,000 examples they use the first 50,000. fast-1 has a linear output and centered nudges.
${PRESET_NAMES.map((name) => `  ${describePreset(name)}`).join('\n')}

The run folder holds settings.json, history.jsonl (one line an epoch) and model.safetensors. The first Ctrl-C stops the
training after the update that is being made, saves the model and exits with 1; a second one kills.

With --cost crossEntropyReadOut a softmax reads the last hidden layer out; --rates then has one number for each hidden layer
and one for the read-out. With --estimator vectorField the weights between free layers differ forward and backward, and the
angles between them are told at the end.
${ENVIRONMENT_HELP}

Examples:
  eqprop train mnist --preset paper-1
  eqprop train mnist --preset paper-2 --epochs 3 --run runs/two-layers
  eqprop train ./my-digits --hidden 200 --estimator centered --beta 0.2 --json
  eqprop train ./my-digits --hidden 200 --cost crossEntropyReadOut --decay 0.95`;

/** Targets of 0 and 1 lie within the range of these. */
const OUTPUTS = ['linear', 'hardSigmoid'] as const;

/** `eqprop train DATA` */
export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .summary('train a network; leaves a run folder')
    .description(
      'Trains a layered Hopfield network by equilibrium propagation, tests it after every epoch, and leaves a run folder.',
    )
    .argument('<data>', DATA_HELP)
    .option(
      '--preset <name>',
      `settings to start from: ${PRESET_NAMES.join(', ')}`,
      oneOf('--preset', PRESET_NAMES),
      'paper-1',
    )
    .option(
      '--hidden <units>',
      'units of each hidden layer, such as 500,500',
      list(wholeNumber('each number of --hidden', 1)),
    )
    .option(
      '--activation <name>',
      `ρ of the hidden layers: ${ACTIVATIONS.join(', ')}`,
      oneOf('--activation', ACTIVATIONS),
    )
    .option(
      '--output <name>',
      `ρ of the output layer: ${OUTPUTS.join(', ')} (default: as the preset or cost has it)`,
      oneOf('--output', OUTPUTS),
    )
    .option('--cost <name>', `what is nudged: ${HOPFIELD_COSTS.join(', ')}`, oneOf('--cost', HOPFIELD_COSTS))
    .option('--gain <x>', 'draws initial weights from U(±x / √units), for x above 0', positiveNumber('--gain'))
    .option('--epochs <n>', 'passes over the training examples', wholeNumber('--epochs', 1))
    .option('--batch <n>', 'examples an update', wholeNumber('--batch', 1))
    .option(
      '--estimator <name>',
      `how settled states give a gradient: ${TRAINERS.join(', ')}`,
      nameAmong('--estimator', TRAINERS),
    )
    .option('--beta <x>', 'size of the nudge, above 0', positiveNumber('--beta'))
    .option('--points <n>', 'nudges on the circle of holomorphic, an even number (default: 4)', evenNumber('--points'))
    .option(
      '--start <name>',
      `where free phases start: ${TRAINING_STARTS.join(', ')}`,
      nameAmong('--start', TRAINING_STARTS),
    )
    .option(
      '--rates <numbers>',
      'learning rate of each layer after the input, such as 0.2,0.1',
      list(numberFromZero('each number of --rates')),
    )
    .option('--decay <x>', 'what the rates are multiplied by after each epoch, above 0, or cosine', decayOf)
    .option('--momentum <x>', 'how much of its velocity each parameter keeps, from 0 to below 1', momentumOf)
    .option('--examples <n>', 'use only the first n training examples', wholeNumber('--examples', 1))
    .option('--seed <n>', 'what all that is random comes from', wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER))
    .option('--run <folder>', 'the run folder (default: runs/<data>-<preset>-<time>)');
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(train);
}

async function train(data: string, options: TrainOptions): Promise<void> {
  engineOf(options); // complains before any data is read
  const { train, test } = await openDataset(data);
  const settings = settingsOf(options, train.count);
  const sizes = [sizeOf(train.shape), ...settings.hidden, train.targetSize];
  const network = networkOf(sizes, settings, options);
  const { model } = network;
  try {
    const dataset = nameOfData(data);
    const { name, isa, precision, threads } = model.engine;
    const run = await RunFolder.create(options.run ?? defaultRunPath(data, settings.preset), {
      dataset,
      ...settings,
      engine: name,
      isa,
      precision,
      threads,
    });
    printLine(
      `${sizes.join('-')} on ${formatCount(settings.examples)} examples of ${dataset}, ${formatEngine(model.engine)}; run ${run.path}`,
      options,
    );
    const training = {
      train: withByteScale(train, settings.scale).slice(0, settings.examples),
      test: withByteScale(test, settings.scale),
    };
    const before = anglesOf(model);
    const started = performance.now();
    const last = await fit(network, training, settings, run, options);
    const seconds = (performance.now() - started) / 1000;
    const angles = changesOf(before, anglesOf(model));
    for (const [connection, { start, end }] of Object.entries(angles)) {
      const degrees = `${start.toFixed(1)}° at the start, ${end.toFixed(1)}° at the end`;
      printLine(`${connection}: angle between forward and backward weights ${degrees}`, options);
    }
    if (!options.json) {
      printLine(`saved ${run.modelPath}`, options);
      return;
    }
    printJson({
      dataset,
      preset: settings.preset,
      engine: name,
      isa,
      precision,
      threads,
      epochs: settings.epochs,
      trainError: last.error,
      testError: last.validation?.error,
      seconds,
      ...(Object.keys(angles).length > 0 && { angles }),
      run: run.path,
    });
  } finally {
    model.dispose();
  }
}

/** Angles at the start and the end of a training, by connection. */
function changesOf(before: Record<string, number>, after: Record<string, number>) {
  return Object.fromEntries(Object.entries(before).map(([name, start]) => [name, { start, end: after[name] }]));
}

/** Trains, tells and saves; returns the last epoch. */
async function fit(
  { model, estimator }: Network,
  { train, test }: { train: Dataset; test: Dataset },
  settings: Settings,
  run: RunFolder,
  options: TrainOptions,
): Promise<EpochRecord> {
  const { epochs, batchSize, rates, decay, momentum, start, shuffle } = settings;
  const bar = process.stderr.isTTY && !options.json ? new ProgressBar() : undefined;
  const interruption = new Interruption();
  let savedAt = performance.now();
  try {
    const history = await model.fit(train, {
      epochs,
      batchSize,
      estimator,
      optimizer: sgd({ learningRate: rates, decay, momentum }),
      validation: test,
      start,
      shuffle,
      signal: interruption.signal,
      ...(bar && { onProgress: (progress) => bar.show(progress) }),
      onEpochEnd: async (record) => {
        bar?.clear();
        printLine(formatEpoch(record, epochs), options);
        await run.append(record);
        if (record.epoch < epochs && performance.now() - savedAt < 1000 * SECONDS_BETWEEN_SAVES) return;
        await model.save(run.modelPath);
        savedAt = performance.now();
      },
    });
    return history[history.length - 1];
  } catch (error) {
    if (error !== interruption.signal.reason) throw error;
    bar?.clear();
    await model.save(run.modelPath);
    throw new Error(
      `interrupted by ${interruption.by}; the model as it was after its last update is in ${run.modelPath}`,
    );
  } finally {
    bar?.clear();
    interruption.release();
  }
}

function formatEpoch({ epoch, error, cost, energy, seconds, validation }: EpochRecord, epochs: number): string {
  const number = `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const errors = `train error ${formatPercent(error)}  test error ${formatPercent(validation?.error)}`;
  return `epoch ${number}  ${errors}  cost ${cost.toFixed(4)}  energy ${energy.toFixed(3)}  ${seconds.toFixed(1)} s`;
}
