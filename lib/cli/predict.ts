import type { Command } from 'commander';
import { addEngineOptions, addJsonOption, DATA_HELP, ENVIRONMENT_HELP, type SharedOptions } from './options.js';
import { printJson } from './output.js';
import { openTrainedAndInputs } from './trained.js';

const HELP = `${ENVIRONMENT_HELP}

Examples:
  eqprop predict runs/first mnist > labels.txt
  eqprop predict digits.safetensors ./my-digits --json`;

/** `eqprop predict RUN|MODEL DATA` */
export function addPredictCommand(program: Command): void {
  const command = program
    .command('predict')
    .summary('the class of each example of the test part of a data set')
    .description(
      'Prints the class that a model gives to each example of the test part of a data set, one a line, with the input ' +
        'scale that the run was trained with where its settings.json lies beside the model.',
    )
    .argument('<run|model>', 'a run folder, or a .safetensors file')
    .argument('<data>', DATA_HELP);
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(predict);
}

async function predict(runOrModel: string, data: string, options: SharedOptions): Promise<void> {
  const { model, test } = await openTrainedAndInputs(runOrModel, data, options);
  try {
    const labels = await model.predict(test);
    if (options.json) printJson({ count: labels.length, labels: [...labels] });
    else process.stdout.write(`${labels.join('\n')}\n`);
  } finally {
    model.dispose();
  }
}
