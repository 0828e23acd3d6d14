import { PRESETS } from '../lib/cli/presets.js';
import type { EngineOptions } from '../lib/engine/choose.js';
import { centered, coordinateDescent, euler, hopfield, type Model, positive, sgd } from '../lib/index.js';

/** A network with a schedule: what is timed is a whole training step of it. */
export interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly free: number;
  readonly nudged: number;
  readonly rates: readonly number[];
  /** The relaxation of coordinate descent, which then takes the place of Euler's method, with centered nudges and a linear
   * output or a read-out. */
  readonly sweep?: number;
  /** Whether a softmax reads the last layer out of the one before it, which is then the last that settles. */
  readonly readOut?: boolean;
}

/** The paper's networks with the schedules of its authors' code. */
export const paperCases: readonly Case[] = (['paper-1', 'paper-2'] as const).map((name) => {
  const { hidden, free, nudged, rates } = PRESETS[name];
  return { name, sizes: sizesOf(hidden), free: free.iterations, nudged: nudged.iterations, rates };
});

/** Besides, those that need fewer operations. */
export const cases: readonly Case[] = [
  ...paperCases,
  ...(['fast-1', 'fast-2', 'fast-3'] as const).map((name): Case => {
    const { hidden, free, nudged, rates, cost } = PRESETS[name];
    const { iterations, relaxation } = free;
    const readOut = cost === 'crossEntropyReadOut';
    const schedule = { free: iterations, nudged: nudged.iterations, rates, sweep: relaxation };
    return { name, sizes: sizesOf(hidden), ...schedule, readOut };
  }),
];

function sizesOf(hidden: readonly number[]): number[] {
  return [784, ...hidden, 10];
}

/** The step of Euler's method and the strength of the nudge in every case of the paper: no time depends on them. */
export const STEP_SIZE = 0.5;
export const BETA = 1;

export const dynamicsOf = (iterations: number) => euler({ stepSize: STEP_SIZE, iterations });

/** What the rates are multiplied by where steps are only timed: the same few images again and again, or labels that nothing
 * can be learned from, make weights grow until a training with the presets' own rates diverges. No time depends on it. */
export const TIMED = 0.01;

/** The schedule of a case as `fit` takes it, with its rates times a factor. */
export function trainingOf({ free, nudged, rates, sweep }: Case, factor = 1) {
  const optimizer = sgd({ learningRate: rates.map((rate) => factor * rate) });
  if (sweep === undefined) {
    const estimator = positive({ beta: BETA, free: dynamicsOf(free), nudged: dynamicsOf(nudged) });
    return { estimator, optimizer };
  }
  const sweeps = (iterations: number) => coordinateDescent({ iterations, relaxation: sweep });
  return { estimator: centered({ beta: 0.2, free: sweeps(free), nudged: sweeps(nudged) }), optimizer };
}

/** Multiplications and additions that a training step needs for one example, the clamped drive computed once: the drive,
 * two products for each edge between free layers in every iteration, and one outer product for each end of an edge
 * that moves. A read-out acts in nudged iterations alone. Of the input, the share that is not zero counts. */
export function flopsPerImage({ sizes, free, nudged, sweep, readOut }: Case, lit = 1): number {
  const drive = lit * sizes[0] * sizes[1];
  const nudges = sweep === undefined ? nudged : 2 * nudged;
  const settling = readOut
    ? settlingFlops(sizes.slice(0, -1), free) + settlingFlops(sizes, nudges)
    : settlingFlops(sizes, free + nudges);
  return 2 * (drive + drive + 2 * edgesOf(sizes)) + settling;
}

/** Those of so many iterations of one example, without its drive. A sweep moves each layer once, as a step does. */
export function settlingFlops(sizes: readonly number[], iterations: number): number {
  return 2 * 2 * edgesOf(sizes) * iterations;
}

/** Weights between free layers. */
function edgesOf(sizes: readonly number[]): number {
  return sizes.slice(2).reduce((sum, size, i) => sum + sizes[i + 1] * size, 0);
}

export function modelOf({ sizes, sweep, readOut }: Case, engine: EngineOptions): Model {
  return hopfield(sizes, {
    seed: 1,
    ...(sweep !== undefined && { gain: 0.7 }),
    ...(readOut ? { cost: 'crossEntropyReadOut' } : sweep !== undefined && { output: { activation: 'linear' } }),
    ...engine,
  });
}
