import type { Command } from 'commander';
import { targetSizeOf } from '../energy/problem.js';
import { addEngineOptions, addJsonOption, addScaleOption, DATA_HELP, ENVIRONMENT_HELP } from './options.js';
import { printJson } from './output.js';
import { openTrainedAndInputs, type TrainedOptions } from './trained.js';

interface Options extends TrainedOptions {
  readOut?: true;
}

const HELP = `${ENVIRONMENT_HELP}

Examples:
  eqprop predict runs/first mnist > labels.txt
  eqprop predict runs/first mnist --read-out > outputs.csv
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
    .argument('<data>', DATA_HELP)
    .option('--read-out', 'print what the class is read from instead, such as logits: numbers between commas');
  addScaleOption(command, 'as the run had it');
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(predict);
}

async function predict(runOrModel: string, data: string, options: Options): Promise<void> {
  const { model, test } = await openTrainedAndInputs(runOrModel, data, options);
  try {
    if (options.readOut) {
      const outputs = await model.readOut(test);
      const size = targetSizeOf(model.cost);
      const rows = Array.from({ length: outputs.length / size }, (_, e) => [
        ...outputs.subarray(e * size, (e + 1) * size),
      ]);
      if (options.json) printJson({ count: rows.length, outputs: rows });
      else process.stdout.write(`${rows.join('\n')}\n`);
      return;
    }
    const labels = await model.predict(test);
    if (options.json) printJson({ count: labels.length, labels: [...labels] });
    else process.stdout.write(`${labels.join('\n')}\n`);
  } finally {
    model.dispose();
  }
}
