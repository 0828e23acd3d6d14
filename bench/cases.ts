import { type Dataset, dataset, euler, hopfield, type Model, positive, sgd } from '../lib/index.js';
import { Random } from '../lib/random.js';

/** A network with a schedule: what is timed is a whole training step of it. */
export interface Case {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly free: number;
  readonly nudged: number;
  readonly rates: readonly number[];
}

/** The paper's networks with the schedules of its authors' code. */
export const cases: readonly Case[] = [
  { name: 'paper-1', sizes: [784, 500, 10], free: 20, nudged: 4, rates: [0.2, 0.1] },
  { name: 'paper-2', sizes: [784, 500, 500, 10], free: 150, nudged: 6, rates: [0.8, 0.2, 0.02] },
];

/** The step of Euler's method and the strength of the nudge, in every case. */
export const STEP_SIZE = 0.5;
export const BETA = 1;

export const dynamicsOf = (iterations: number) => euler({ stepSize: STEP_SIZE, iterations });

/** The schedule of a case as `fit` takes it. */
export function trainingOf({ free, nudged, rates }: Case) {
  return {
    estimator: positive({ beta: BETA, free: dynamicsOf(free), nudged: dynamicsOf(nudged) }),
    optimizer: sgd({ learningRate: rates }),
  };
}

/** Multiplications and additions that a training step needs for one example, the clamped drive computed once: the drive,
 * two products for each edge between free layers in every iteration, and one outer product for each end of an edge
 * that moves. */
export function flopsPerImage({ sizes, free, nudged }: Case): number {
  const drive = sizes[0] * sizes[1];
  const edges = sizes.slice(2).reduce((sum, size, i) => sum + sizes[i + 1] * size, 0);
  return 2 * (drive + 2 * edges * (free + nudged) + drive + 2 * edges);
}

/** Images like digits: a fifth of the pixels is lit. */
export function randomImages(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const inputs = Uint8Array.from({ length: count * 784 }, () => (random.uniform() < 0.2 ? random.below(256) : 0));
  const labels = Uint32Array.from({ length: count }, () => random.below(10));
  return dataset({ inputs, shape: [784], scale: 1 / 256, labels, classes: 10 });
}

export function modelOf(
  { sizes }: Case,
  engine: { engine: 'native' | 'javascript'; isa?: string; threads?: number },
): Model {
  return hopfield(sizes, { seed: 1, ...engine });
}
