import type { Command } from 'commander';
import { addEngineOptions, addJsonOption, addScaleOption, DATA_HELP, ENVIRONMENT_HELP } from './options.js';
import { formatCount, formatEngine, formatPercent, printJson, printLine } from './output.js';
import { nameOfData } from './run-folder.js';
import { openTrained, type TrainedOptions } from './trained.js';

const HELP = `${ENVIRONMENT_HELP}

Examples:
  eqprop evaluate runs/first mnist
  eqprop evaluate digits.safetensors ./my-digits --json`;

/** `eqprop evaluate RUN|MODEL DATA` */
export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .summary("a model's error on the test part of a data set")
    .description(
      "Prints a model's error, cost and energy on the test part of a data set, with the input scale that the run " +
        'was trained with where its settings.json lies beside the model.',
    )
    .argument('<run|model>', 'a run folder, or a .safetensors file')
    .argument('<data>', DATA_HELP);
  addScaleOption(command, 'as the run had it');
  addJsonOption(addEngineOptions(command)).addHelpText('after', HELP).action(evaluate);
}

async function evaluate(runOrModel: string, data: string, options: TrainedOptions): Promise<void> {
  const { model, test } = await openTrained(runOrModel, data, options);
  try {
    const started = performance.now();
    const { count, error, cost, energy } = await model.evaluate(test);
    const seconds = (performance.now() - started) / 1000;
    const { name: engine, isa, precision, threads } = model.engine;
    if (options.json) {
      const dataset = nameOfData(data);
      const how = { engine, isa, precision, threads };
      printJson({ dataset, model: runOrModel, ...how, count, error, cost, energy, seconds });
    } else {
      const means = `test error ${formatPercent(error)}, cost ${cost.toFixed(4)}, energy ${energy.toFixed(3)}`;
      const how = `${formatCount(count)} examples in ${seconds.toFixed(2)} s, ${formatEngine(model.engine)}`;
      printLine(`${means} (${how})`, options);
    }
  } finally {
    model.dispose();
  }
}
