import type { Dataset } from '../data/dataset.js';
import { openDataset } from '../data/open.js';
import { Model } from '../model.js';
import { engineOf, type SharedOptions } from './options.js';
import { modelPathOf, scaleOfRun } from './run-folder.js';

/** A trained model and what to ask it about. */
export interface Trained {
  model: Model;
  /** The test part of the data set, with the input scale that the model was trained with. */
  test: Dataset;
}

/** Opens what `evaluate` and `predict` are given. */
export async function openTrained(runOrModel: string, data: string, options: SharedOptions): Promise<Trained> {
  const { engineOptions } = engineOf(options);
  const modelPath = await modelPathOf(runOrModel);
  const model = await Model.load(modelPath, engineOptions);
  const scale = await scaleOfRun(modelPath);
  const { test } = await openDataset(data);
  return { model, test: scale === undefined ? test : test.withScale(scale) };
}
