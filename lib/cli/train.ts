import type { Command } from 'commander';
import { ACTIVATIONS } from '../energy/activation.js';
import { HOPFIELD_COSTS } from '../hopfield.js';
import { TRAINING_STARTS } from '../phases/start.js';
import { TRAINERS } from './estimators.js';
import { Interruption } from './interruption.js';
import {
  addEngineOptions,
  addJsonOption,
  addScaleOption,
  DATA_HELP,
  decayOf,
  ENVIRONMENT_HELP,
  evenNumber,
  list,
  momentumOf,
  nameAmong,
  numberFromZero,
  oneOf,
  positiveNumber,
  relaxationOf,
  wholeNumber,
} from './options.js';
import { DYNAMICS } from './phases.js';
import { describePreset, PRESET_NAMES } from './presets.js';
import { trainRequestOf } from './train-request.js';
import { runTraining } from './training.js';

const HELP = `
Presets: paper-1, 2 and 3 are the networks of Scellier and Bengio (2017), trained as the authors' code does, in batches of
20, with a random sign of β; of 60,000 examples they use the first 50,000. fast-1, 2 and 3 have centered nudges and
a linear output or a softmax read-out.
${PRESET_NAMES.map((name) => `  ${describePreset(name)}`).join('\n')}

A settings file is YAML, with the names of these options (hidden: [500, 500], keep-best: true), data and run; paths in it
are relative to where the command runs. What stands on the command line takes the place of what stands in the file.

The run folder holds settings.json, history.jsonl (one line an epoch), model.safetensors and checkpoints, the newest two. A
checkpoint is written every minute, or as --checkpoint-every says, and at the end. The first Ctrl-C or SIGTERM stops the
training between two updates, writes a checkpoint and the model and exits with 1; a second one kills at once. --resume goes
on, from the newest checkpoint, with the settings and the data that the run began with, to the same bits as if nothing had
been, whatever the number of threads; of --epochs, --patience and --time-limit there may be more.

--patience and --keep-best go by the test error, which is then no longer that of data that the training has never seen.

With --cost crossEntropyReadOut a softmax reads the last hidden layer out; --rates then has one number for each hidden layer
and one for the read-out. With --estimator vectorField the weights between free layers differ forward and backward, and the
angles between them are told at the end.
${ENVIRONMENT_HELP}

Examples:
  eqprop train mnist --preset paper-1
  eqprop train mnist --preset paper-2 --epochs 3 --run runs/two-layers
  eqprop train --resume --run runs/two-layers --epochs 10
  eqprop train ./my-digits --hidden 200 --estimator centered --beta 0.2 --json
  eqprop train ./my-digits --hidden 200 --cost crossEntropyReadOut --decay 0.95
  eqprop train mnist --preset fast-1 --dynamics euler --free-iterations 20 --nudged-iterations 6
  eqprop train settings.yaml --seed 3`;

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
    .argument('[data]', `${DATA_HELP}; or a settings file that ends in .yaml or .yml`)
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
      '--dynamics <name>',
      `how states settle: ${DYNAMICS.join(', ')} (default: as the preset has it)`,
      nameAmong('--dynamics', DYNAMICS),
    )
    .option('--free-iterations <n>', 'of a free phase, at most', wholeNumber('--free-iterations', 1))
    .option(
      '--nudged-iterations <n>',
      'of each other phase, at most; with truncatedBackprop, steps back',
      wholeNumber('--nudged-iterations', 1),
    )
    .option('--step-size <x>', 'of Euler’s method, above 0', positiveNumber('--step-size'))
    .option('--relaxation <x>', 'of other dynamics, above 0 and below 2: 1 goes to the minimiser', relaxationOf)
    .option(
      '--tolerance <x>',
      'an example rests where no state changes by more in an iteration (default: 0, never)',
      numberFromZero('--tolerance'),
    )
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
    .option('--run <folder>', 'the run folder (default: runs/<data>-<preset>-<time>)')
    .option('--resume', 'go on with the run in the folder that --run names')
    .option(
      '--checkpoint-every <updates>',
      'updates between checkpoints, besides one after each epoch (default: one a minute)',
      wholeNumber('--checkpoint-every', 1),
    )
    .option('--patience <epochs>', 'end after so many epochs without a lower test error', wholeNumber('--patience', 1))
    .option('--keep-best', 'save the model as it was after the epoch with the lowest test error')
    .option(
      '--time-limit <seconds>',
      'end after so many seconds of training, those before --resume counted',
      positiveNumber('--time-limit'),
    );
  addScaleOption(
    command,
    'bytes as the preset has it, and likewise a table’s whole numbers from 0 to 255 where some are above 1; others by 1',
  );
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(train);
}

async function train(argument: string | undefined, _options: object, command: Command): Promise<void> {
  const interruption = new Interruption();
  try {
    await runTraining(await trainRequestOf(argument, command), interruption);
  } finally {
    interruption.release();
  }
}
