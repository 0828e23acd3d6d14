import { type Dataset, makeDataset, withByteScale } from '../data/dataset.js';
import { openDataset, openInputs } from '../data/open.js';
import { isCsv, isCsvFolder } from '../data/open-file.js';
import { targetSizeOf } from '../energy/problem.js';
import { hasKernel } from '../engine/native/program.js';
import { EngineError } from '../errors.js';
import { Model } from '../model.js';
import { type DataOptions, engineOf, isEngineNamed, type SharedOptions } from './options.js';
import { modelPathOf, type RunScale, scaleOfRun } from './run-folder.js';

/** A trained model and what to ask it about. */
export interface Trained {
  model: Model;
  /** The test part of the data set, with the input scale that the model was trained with. */
  test: Dataset;
}

/** What commands take that open a trained model and data. */
export interface TrainedOptions extends SharedOptions, DataOptions {}

/** Opens what `evaluate` and `audit` are given. */
export function openTrained(runOrModel: string, data: string, options: TrainedOptions): Promise<Trained> {
  return open(runOrModel, options, data, async (scale) => (await openDataset(data, { scale })).test);
}

/** Opens what `predict` is given, where the data may be without labels. */
export function openTrainedAndInputs(runOrModel: string, data: string, options: TrainedOptions): Promise<Trained> {
  return open(runOrModel, options, data, (scale) => openInputs(data, { scale }));
}

async function open(
  runOrModel: string,
  options: TrainedOptions,
  data: string,
  read: (scale: number | undefined) => Promise<Dataset>,
): Promise<Trained> {
  engineOf(options); // complains before any file is read
  const modelPath = await modelPathOf(runOrModel);
  const model = await load(modelPath, options);
  const run = await scaleOfRun(modelPath);
  const given = options.scale ?? (run?.isGiven ? run.scale : undefined);
  const test = withClassesOf(model, await read(given));
  if (given !== undefined || !run) return { model, test };
  return { model, test: scaled(test, run, isCsv(data) || (await isCsvFolder(data))) };
}

/** Some examples may lack the last classes that the model knows. */
function withClassesOf({ cost }: Model, data: Dataset): Dataset {
  const classes = targetSizeOf(cost);
  return data.classes !== undefined && data.classes < classes
    ? makeDataset({ ...data, classes, targetSize: classes })
    : data;
}

/** As the run had it. The numbers of a table do not say whether they are bytes, and what they are must not depend on the rows that
 * stand beside each other; other floats are inputs as they are. */
function scaled(data: Dataset, { scale, isOfAll }: RunScale, isTable: boolean): Dataset {
  if (!isOfAll) return withByteScale(data, scale);
  if (data.inputs instanceof Uint8Array) return data.withScale(scale);
  return isTable && scale !== 1 ? makeDataset({ ...data, inputs: data.inputs.map((x) => x * scale) }) : data;
}

/** With the fastest engine that carries the model, unless one was asked for. */
async function load(path: string, options: SharedOptions): Promise<Model> {
  const { engineOptions } = engineOf(options);
  try {
    const model = await Model.load(path, engineOptions);
    if (model.engine.name === 'javascript' || hasKernel(model.dynamics) || isEngineNamed(options)) return model;
    model.dispose();
    return await Model.load(path, { engine: 'javascript' });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'ERR_ENGINE' || isEngineNamed(options)) throw error;
    return Model.load(path, { engine: 'javascript' });
  }
}
