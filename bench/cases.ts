import { PRESETS } from '../lib/cli/presets.js';
import {
  centered,
  coordinateDescent,
  type Dataset,
  dataset,
  euler,
  hopfield,
  type Model,
  positive,
  sgd,
} from '../lib/index.js';
import { Random } from '../lib/random.js';

/** A network with a schedule: what is timed is a whole training step of it. */
export interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly free: number;
  readonly nudged: number;
  readonly rates: readonly number[];
  /** The relaxation of coordinate descent, which then takes the place of Euler's method, with centered nudges and a linear
   * output. */
  readonly sweep?: number;
}

/** The paper's networks with the schedules of its authors' code. */
export const paperCases: readonly Case[] = [
  { name: 'paper-1', sizes: [784, 500, 10], free: 20, nudged: 4, rates: [0.2, 0.1] },
  { name: 'paper-2', sizes: [784, 500, 500, 10], free: 150, nudged: 6, rates: [0.8, 0.2, 0.02] },
];

/** Besides, those that need fewer operations. */
export const cases: readonly Case[] = [
  ...paperCases,
  ...(['fast-1', 'fast-2', 'fast-3'] as const).map((name): Case => {
    const { hidden, free, nudged, rates } = PRESETS[name];
    const { iterations, relaxation } = free;
    return { name, sizes: [784, ...hidden, 10], free: iterations, nudged: nudged.iterations, rates, sweep: relaxation };
  }),
];

/** The step of Euler's method and the strength of the nudge, in every case. */
export const STEP_SIZE = 0.5;
export const BETA = 1;

export const dynamicsOf = (iterations: number) => euler({ stepSize: STEP_SIZE, iterations });

/** The schedule of a case as `fit` takes it. */
export function trainingOf({ free, nudged, rates, sweep }: Case) {
  const optimizer = sgd({ learningRate: rates });
  if (sweep === undefined) {
    const estimator = positive({ beta: BETA, free: dynamicsOf(free), nudged: dynamicsOf(nudged) });
    return { estimator, optimizer };
  }
  const sweeps = (iterations: number) => coordinateDescent({ iterations, relaxation: sweep });
  return { estimator: centered({ beta: 0.2, free: sweeps(free), nudged: sweeps(nudged) }), optimizer };
}

/** Multiplications and additions that a training step needs for one example, the clamped drive computed once: the drive,
 * two products for each edge between free layers in every iteration, and one outer product for each end of an edge
 * that moves. */
export function flopsPerImage({ sizes, free, nudged, sweep }: Case): number {
  const drive = sizes[0] * sizes[1];
  const iterations = free + (sweep === undefined ? nudged : 2 * nudged);
  return 2 * (drive + drive + 2 * edgesOf(sizes)) + settlingFlops(sizes, iterations);
}

/** Those of so many iterations of one example, without its drive. A sweep moves each layer once, as a step does. */
export function settlingFlops(sizes: readonly number[], iterations: number): number {
  return 2 * 2 * edgesOf(sizes) * iterations;
}

/** Weights between free layers. */
function edgesOf(sizes: readonly number[]): number {
  return sizes.slice(2).reduce((sum, size, i) => sum + sizes[i + 1] * size, 0);
}

/** Images like digits: a fifth of the pixels is lit. */
export function randomImages(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const inputs = Uint8Array.from({ length: count * 784 }, () => (random.uniform() < 0.2 ? random.below(256) : 0));
  const labels = Uint32Array.from({ length: count }, () => random.below(10));
  return dataset({ inputs, shape: [784], scale: 1 / 256, labels, classes: 10 });
}

export function modelOf(
  { sizes, sweep }: Case,
  engine: { engine: 'native' | 'javascript'; isa?: string; threads?: number },
): Model {
  return hopfield(sizes, {
    seed: 1,
    ...(sweep !== undefined && { gain: 0.7, output: { activation: 'linear' } }),
    ...engine,
  });
}
