/** One training of the command line: from the settings to the files in its run folder. */

import { resolve } from 'node:path';
import { sizeOf } from '../check.js';
import { type Dataset, withByteScale } from '../data/dataset.js';
import { isNameOfDataset, openDataset } from '../data/open.js';
import { indexOfBest } from '../training/best.js';
import { isOutOfPatience } from '../training/early-stopping.js';
import type { FitOptions } from '../training/fit-options.js';
import type { EpochRecord } from '../training/history.js';
import { sgd } from '../training/sgd.js';
import type { Interruption } from './interruption.js';
import { anglesOf, type Network, networkOf } from './network.js';
import { engineOf } from './options.js';
import { formatCount, formatEngine, formatPercent, printJson, printLine } from './output.js';
import { ProgressBar } from './progress.js';
import { defaultRunPath, nameOfData, RunFolder } from './run-folder.js';
import { checkSameSettings, type Settings, settingsOf } from './settings.js';
import { namingFiles, type TrainRequest } from './train-request.js';

/** Shorter epochs do not each save the model: it would take longer than the learning. */
const SECONDS_BETWEEN_SAVES = 2;

/** Persistent states make a checkpoint of the paper's networks some 100 MB. */
const MINUTES_BETWEEN_CHECKPOINTS = 1;

/**
 * Trains, leaves what is asked for in the run folder, and says how it went.
 * @throws Error where it was interrupted: checkpoint and model have been saved then
 */
export async function runTraining(request: TrainRequest, interruption: Interruption): Promise<void> {
  const { options, data } = request;
  engineOf(options); // complains before any data is read
  const { train, test } = await openDataset(data, { scale: options.scale });
  const settings = namingFiles(request, () => settingsOf(options, train.count));
  if (request.past) checkSameSettings(settings, options.scale, request.past);
  const sizes = [sizeOf(train.shape), ...settings.hidden, train.targetSize];
  const network = networkOf(sizes, settings, options);
  const { model } = network;
  let run: RunFolder | undefined;
  try {
    if (interruption.signal.aborted) throw new Error(`interrupted by ${interruption.by} before the training began`);
    const inputScale = options.scale ?? withByteScale(train, settings.scale).scale;
    const written = writtenOf(request, settings, network, inputScale);
    run = await runFolderOf(request, settings, written);
    const dataset = nameOfData(data);
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
    const folder = { run, written };
    const history = await fit(network, training, settings, folder, request, interruption);
    const seconds = (performance.now() - started) / 1000;
    const angles = changesOf(before, anglesOf(model));
    for (const [connection, { start, end }] of Object.entries(angles)) {
      const degrees = `${start.toFixed(1)}° at the start, ${end.toFixed(1)}° at the end`;
      printLine(`${connection}: angle between forward and backward weights ${degrees}`, options);
    }
    const stoppedBy = whatStopped(history, settings);
    if (stoppedBy) printLine(`stopped by ${stoppedBy} after ${history.length} of ${settings.epochs} epochs`, options);
    const best = settings.keepBest ? indexOfBest(history, 'error') : undefined;
    if (best !== undefined) printLine(`the model is that of epoch ${best + 1}`, options);
    if (!options.json) {
      printLine(`saved ${run.modelPath}`, options);
      return;
    }
    const shown = history.at(best ?? -1);
    const { name, isa, precision, threads } = model.engine;
    printJson({
      dataset,
      preset: settings.preset,
      engine: name,
      isa,
      precision,
      threads,
      epochs: history.length,
      trainError: shown?.error,
      testError: shown?.validation?.error,
      seconds,
      ...(Object.keys(angles).length > 0 && { angles }),
      ...(stoppedBy && { stoppedBy }),
      ...(best !== undefined && { bestEpoch: best + 1 }),
      run: run.path,
    });
  } finally {
    model.dispose();
    await run?.close();
  }
}

/** What settings.json says. */
function writtenOf({ data, given }: TrainRequest, settings: Settings, { model }: Network, inputScale: number): object {
  const { name, isa, precision, threads } = model.engine;
  return {
    dataset: nameOfData(data),
    data: isNameOfDataset(data) ? data : resolve(data),
    ...settings,
    inputScale,
    engine: name,
    isa,
    precision,
    threads,
    options: given,
  };
}

/** A new folder with the settings in it, or that of the run to go on with, as it was. */
function runFolderOf({ data, options, past }: TrainRequest, { preset }: Settings, written: object) {
  if (past) return RunFolder.reopen(past.path);
  return RunFolder.create(options.run ?? defaultRunPath(data, preset), written);
}

/** Angles at the start and the end of a training, by connection. */
function changesOf(before: Record<string, number>, after: Record<string, number>) {
  return Object.fromEntries(Object.entries(before).map(([name, start]) => [name, { start, end: after[name] }]));
}

/** Which option ended a training before its last epoch. */
function whatStopped(history: readonly EpochRecord[], settings: Settings): string | undefined {
  const stopping = earlyStoppingOf(settings);
  if (history.length >= settings.epochs) return undefined;
  return stopping && isOutOfPatience(history, stopping) ? '--patience' : '--time-limit';
}

function earlyStoppingOf({ patience }: Settings) {
  return patience === undefined ? undefined : ({ patience, metric: 'error', minDelta: 0 } as const);
}

/** How a training ends early and is saved. */
function endsAndSaves(settings: Settings, run: RunFolder): Partial<FitOptions> {
  const { checkpointEvery, keepBest, timeLimit } = settings;
  const earlyStopping = earlyStoppingOf(settings);
  const every = checkpointEvery === undefined ? { minutes: MINUTES_BETWEEN_CHECKPOINTS } : { steps: checkpointEvery };
  return {
    checkpoint: { dir: run.checkpoints, every },
    keepBest: keepBest && 'error',
    ...(earlyStopping && { earlyStopping }),
    ...(timeLimit !== undefined && { timeLimit }),
  };
}

/** Trains, tells and saves; returns the history. */
async function fit(
  { model, estimator }: Network,
  { train, test }: { train: Dataset; test: Dataset },
  settings: Settings,
  { run, written }: { run: RunFolder; written: object },
  { options, past }: TrainRequest,
  interruption: Interruption,
): Promise<EpochRecord[]> {
  const { epochs, batchSize, rates, decay, momentum, start, shuffle } = settings;
  const bar = process.stderr.isTTY && !options.json ? new ProgressBar() : undefined;
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
      ...endsAndSaves(settings, run),
      resume: past !== undefined,
      onResume: async (history) => {
        await run.writeSettings(written); // what is refused leaves them as they were
        await run.writeHistory(history);
        printLine(`going on with epoch ${history.length + 1}`, options);
      },
      ...(bar && { onProgress: (progress) => bar.show(progress) }),
      onEpochEnd: async (record) => {
        bar?.clear();
        printLine(formatEpoch(record, epochs), options);
        await run.append(record);
        if (record.epoch === epochs || performance.now() - savedAt < 1000 * SECONDS_BETWEEN_SAVES) return;
        await run.saveModel(model);
        savedAt = performance.now();
      },
    });
    await run.saveModel(model);
    return history;
  } catch (error) {
    if (!interruption.isReasonOf(error)) throw error;
    bar?.clear();
    await run.saveModel(model);
    printLine(`'eqprop train --resume --run ${run.path}' goes on`, options);
    throw new Error(
      `interrupted by ${interruption.by}; the model as it was after its last update is in ${run.modelPath}`,
    );
  } finally {
    bar?.clear();
  }
}

function formatEpoch({ epoch, error, cost, energy, seconds, validation }: EpochRecord, epochs: number): string {
  const number = `${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const errors = `train error ${formatPercent(error)}  test error ${formatPercent(validation?.error)}`;
  return `epoch ${number}  ${errors}  cost ${cost.toFixed(4)}  energy ${energy.toFixed(3)}  ${seconds.toFixed(1)} s`;
}
