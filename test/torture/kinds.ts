import {
  centered,
  contrastive,
  coordinateDescent,
  coupledCentered,
  type Dataset,
  type Dynamics,
  dataset,
  EqpropError,
  type Estimator,
  euler,
  fixedPoint,
  type HopfieldOptions,
  hopfield,
  Model,
  negative,
  positive,
  randomSign,
  type SgdOptions,
  sgd,
  type TrainingStart,
} from '../../lib/index.js';
import { randomGraph } from '../engine/random-graph.js';
import { floats } from '../support.js';

/** Trains a model of its kind for so many steps with so many threads; equal calls draw the same numbers. */
export type Train = (threads: number, steps: number) => Promise<Model>;

const BATCH = 13;
const EXAMPLES = 4 * BATCH - 3; // the last batch of an epoch is smaller

interface Training {
  readonly estimator?: (phases: { free: Dynamics; nudged: Dynamics }) => Estimator;
  readonly dynamics?: (iterations: number) => Dynamics;
  readonly start?: TrainingStart;
  readonly optimizer?: Partial<SgdOptions>;
  readonly weighted?: boolean;
}

/** Every kind of network, cost, dynamics, estimator, start, optimizer and precision that the native engine carries. */
export function* kinds(): Generator<[name: string, train: Train]> {
  for (const [name, sizes, options, training] of layered) {
    yield [
      name,
      (threads, steps) =>
        train(hopfield(sizes, { ...options, ...native(threads) }), digits(sizes, training), training, steps),
    ];
  }
  for (let seed = 0, found = 0; found < GRAPHS; seed++) {
    const { model: twin, about } = randomGraph(seed);
    const build = (threads: number) => {
      const { energy, cost, input, output } = twin;
      return new Model({ energy, cost, input, output, seed, dynamics: DYNAMICS(8), ...native(threads) });
    };
    if (!isCarried(() => build(1))) continue;
    found++;
    const training = { dynamics: DYNAMICS, optimizer: { learningRate: 0.003 } };
    yield [`graph of ${about}`, (threads, steps) => train(build(threads), examplesFor(twin, seed), training, steps)];
  }
}

const GRAPHS = 12;
const DYNAMICS = (iterations: number) => fixedPoint({ iterations, relaxation: 0.5 });
const native = (threads: number) => ({ engine: 'native' as const, threads });

const layered: [string, number[], HopfieldOptions, Training][] = [
  ['one hidden layer', [21, 40, 10], {}, {}],
  [
    'two hidden layers, sigmoid',
    [21, 40, 35, 10],
    { activation: 'sigmoid' },
    { estimator: ({ free, nudged }) => positive({ beta: 0.5, free, nudged }) },
  ],
  [
    'three hidden layers, tanh',
    [21, 40, 35, 30, 10],
    { activation: 'tanh' },
    { estimator: ({ free, nudged }) => negative({ beta: 0.2, free, nudged }) },
  ],
  [
    'coordinate descent, random sign, persistent',
    [21, 40, 35, 10],
    {},
    {
      dynamics: (iterations) => coordinateDescent({ iterations, tolerance: 1e-3 }),
      estimator: ({ free, nudged }) => randomSign({ beta: 0.5, free, nudged }),
      start: 'persistent',
    },
  ],
  [
    'fixed point, feed-forward',
    [21, 40, 35, 10],
    {},
    { dynamics: (iterations) => fixedPoint({ iterations, tolerance: 1e-4 }), start: 'feedForward' },
  ],
  [
    'contrastive, clamped output',
    [21, 40, 10],
    {},
    { estimator: ({ free, nudged }) => contrastive({ free, clamped: nudged }) },
  ],
  [
    'coupled, momentum',
    [21, 40, 10],
    {},
    { estimator: ({ free, nudged }) => coupledCentered({ beta: 0.5, free, nudged }), optimizer: { momentum: 0.9 } },
  ],
  [
    'cross-entropy, Nesterov momentum, weighted examples',
    [21, 40, 10],
    { cost: 'crossEntropy' },
    { optimizer: { momentum: 0.9, nesterov: true }, weighted: true },
  ],
  ['cross-entropy of a read-out', [21, 40, 35, 10], { cost: 'crossEntropyReadOut' }, {}],
  ['split bf16', [21, 40, 35, 10], { precision: 'splitBf16' }, {}],
  ['bf16', [21, 40, 35, 10], { precision: 'bf16' }, {}],
];

async function train(model: Model, data: Dataset, training: Training, steps: number): Promise<Model> {
  const { dynamics = (iterations: number) => euler({ iterations }), start = 'zero', optimizer } = training;
  const phases = { free: dynamics(8), nudged: dynamics(4) };
  const estimator = training.estimator?.(phases) ?? centered({ beta: 0.5, ...phases });
  const perEpoch = Math.ceil(data.count / BATCH);
  await model.fit(data, {
    epochs: Math.ceil(steps / perEpoch),
    batchSize: BATCH,
    estimator,
    optimizer: sgd({ learningRate: 0.02, ...optimizer }),
    start,
  });
  return model;
}

function digits([inputs]: number[], { weighted }: Training): Dataset {
  const labels = Uint32Array.from({ length: EXAMPLES }, (_, e) => (e * 7) % 10);
  const weights = weighted ? { weights: floats(EXAMPLES, 3, 0.5, 1.5) } : {};
  return dataset({ inputs: floats(EXAMPLES * inputs, 1), shape: [inputs], labels, classes: 10, ...weights });
}

function examplesFor({ input, cost }: Model, seed: number): Dataset {
  const size = cost.targetShape?.[0] ?? cost.layer.size;
  const labels = Uint32Array.from({ length: EXAMPLES }, (_, e) => e % size);
  return dataset({ inputs: floats(EXAMPLES * input.size, seed), shape: [input.size], labels, classes: size });
}

/** Whether the native engine has kernels for it, and these dynamics settle it. */
function isCarried(build: () => Model): boolean {
  try {
    build().dispose();
    return true;
  } catch (error) {
    if (error instanceof EqpropError) return false;
    throw error;
  }
}
