/** Trains presets on MNIST from several seeds, and draws their curves: what docs/presets.md shows. */

import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Curve, Panel, Point } from '../lib/chart/panel.js';
import { pictureOf } from '../lib/chart/picture.js';
import { networkOf } from '../lib/cli/network.js';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { PRESET_NAMES, PRESETS, type PresetName } from '../lib/cli/presets.js';
import { settingsOf } from '../lib/cli/settings.js';
import { mnist, sgd } from '../lib/index.js';
import { run } from './run.js';

/** One training, a line of the file. */
interface Run {
  readonly preset: PresetName;
  readonly seed: number;
  /** Iterations of all phases that an example goes through in an epoch. */
  readonly sweeps: number;
  /** By epoch, in per cent. */
  readonly trainErrors: number[];
  readonly testErrors: number[];
  /** Of all epochs, validation included. */
  readonly seconds: number;
  readonly threads: number;
}

async function train(preset: PresetName, seed: number, epochs: number | undefined): Promise<Run> {
  const { train, test } = await mnist();
  const settings = settingsOf({ preset, seed, ...(epochs !== undefined && { epochs }) }, train.count);
  const { model, estimator } = networkOf([784, ...settings.hidden, 10], settings, {});
  const [{ phases }] = estimator.programs as readonly { phases: readonly { dynamics: { iterations: number } }[] }[];
  const { rates: learningRate, decay, batchSize, start, shuffle, scale, examples } = settings;
  const started = performance.now();
  const history = await model.fit(train.withScale(scale).slice(0, examples), {
    epochs: settings.epochs,
    batchSize,
    estimator,
    optimizer: sgd({ learningRate, decay }),
    validation: test.withScale(scale),
    start,
    shuffle,
    onEpochEnd: ({ epoch, error, validation }) =>
      console.error(
        `${preset} seed ${seed} epoch ${epoch}: train ${percent(error)}, test ${percent(validation?.error)} %`,
      ),
  });
  model.dispose();
  return {
    preset,
    seed,
    sweeps: phases.reduce((sum, { dynamics }) => sum + dynamics.iterations, 0),
    trainErrors: history.map(({ error }) => percent(error)),
    testErrors: history.map(({ validation }) => percent(validation?.error)),
    seconds: Math.round((performance.now() - started) / 10) / 100,
    threads: model.engine.threads,
  };
}

const percent = (error = Number.NaN) => Number((100 * error).toFixed(3));

/** The networks' test errors over what was computed for them, a panel for each depth. */
function panelsOf(runs: readonly Run[]): Panel[] {
  const depths = [...new Set(runs.map(({ preset }) => PRESETS[preset].hidden.length))].sort();
  return depths.map((depth) => {
    const shown = runs.filter(({ preset }) => PRESETS[preset].hidden.length === depth);
    const sizes = [784, ...PRESETS[shown[0].preset].hidden, 10].join('-');
    const ends = shown.map((run) => `${nameOf(run)} ends at ${run.testErrors[run.testErrors.length - 1]} per cent`);
    return {
      title: sizes,
      description: `Test error of ${sizes} over iterations: ${ends.join(', ')}.`,
      xLabel: 'iterations that each image went through',
      yLabel: 'test error in per cent',
      xScale: 'log',
      xTicks: [10, 100, 1000, 10_000].filter((tick) => tick < 3 * Math.max(...shown.map(iterationsOf))),
      yTicks: [1.5, 2, 3, 5, 10, 30, 90].filter(
        (tick) => tick < 2 * Math.max(...shown.flatMap((run) => run.testErrors)),
      ),
      curves: shown.map(curveOf),
    };
  });
}

const nameOf = ({ preset, seed }: Run) => `${preset}, seed ${seed}`;
const iterationsOf = ({ sweeps, testErrors }: Run) => sweeps * testErrors.length;

function curveOf(run: Run): Curve {
  const line = run.testErrors.map((error, i): Point => [run.sweeps * (i + 1), error]);
  const last = run.testErrors[run.testErrors.length - 1];
  return { label: `${nameOf(run)}: ${last} % after ${run.testErrors.length} epochs`, line, marks: line.slice(-1) };
}

async function main(): Promise<void> {
  const options = new Command('presets')
    .description('Trains presets on MNIST from several seeds; one JSON object a line. Or draws such lines.')
    .option('--preset <names>', 'between commas', list(oneOf('--preset', PRESET_NAMES)), ['fast-1', 'fast-2'])
    .option('--seeds <numbers>', 'between commas', list(wholeNumber('--seeds', 0)), [0, 1, 2])
    .option('--epochs <n>', 'instead of the preset’s', wholeNumber('--epochs', 1))
    .option('--out <file>', 'append the lines to this file, too')
    .option('--draw <file>', 'train nothing: make an SVG of the lines that --out has')
    .parse()
    .opts<{ preset: PresetName[]; seeds: number[]; epochs?: number; out?: string; draw?: string }>();
  if (options.draw !== undefined) {
    const text = await readFile(options.out ?? 'docs/pictures/presets.jsonl', 'utf8');
    const runs = text
      .trim()
      .split('\n')
      .map((line): Run => JSON.parse(line));
    await writeFile(options.draw, await pictureOf('Error over work on MNIST', panelsOf(runs)));
    return;
  }
  for (const preset of options.preset) {
    for (const seed of options.seeds) {
      const line = JSON.stringify(await train(preset, seed, options.epochs));
      console.log(line);
      if (options.out !== undefined) await appendFile(options.out, `${line}\n`);
    }
  }
}

run(main);
