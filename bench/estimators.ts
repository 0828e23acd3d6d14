/** Trains one hidden layer of 500 on MNIST by each estimator: what docs/estimators.md shows. */

import { Command } from 'commander';
import {
  bias,
  centered,
  continual,
  contrastive,
  coordinateDescent,
  coupledCentered,
  crossEntropyReadOut,
  dense,
  type Estimator,
  layer,
  leak,
  Model,
  mnist,
  positive,
  randomSign,
  recurrentBackprop,
  sgd,
  squaredError,
  sum,
  untied,
  vectorField,
} from '../lib/index.js';

interface Recipe {
  readonly estimator: Estimator;
  readonly rates: readonly number[];
  readonly epochs: number;
  /** What carries it: the javascript engine where the native one does not. */
  readonly engine?: 'javascript';
  readonly network?: 'untied' | 'readOut';
  /** ρ of the output: a linear one feels both nudges of a centered estimate alike, a clipped one bounds the bias of a one-sided. */
  readonly output?: 'hardSigmoid';
  /** What the rates are multiplied by after each epoch. */
  readonly decay?: number;
}

const free = coordinateDescent({ iterations: 4 });
const nudged = coordinateDescent({ iterations: 2 });
const options = { beta: 0.2, free, nudged };
const once = coordinateDescent({ iterations: 1 }); // one layer is at its minimiser after one visit
const rates = [0.1, 0.05];
const longer = coordinateDescent({ iterations: 6 });
const clipped = { output: 'hardSigmoid', decay: 0.8 } as const;

const RECIPES: Readonly<Record<string, Recipe>> = {
  positive: { estimator: positive({ beta: 0.5, free: longer, nudged }), rates, epochs: 5, ...clipped },
  randomSign: { estimator: randomSign(options), rates, epochs: 3 },
  centered: { estimator: centered(options), rates, epochs: 3 },
  contrastive: { estimator: contrastive({ free: longer, clamped: nudged }), rates, epochs: 5, ...clipped },
  coupledCentered: { estimator: coupledCentered(options), rates, epochs: 3 },
  crossEntropyReadOut: {
    estimator: centered({ beta: 0.2, free: once, nudged: once }),
    rates: [0.1, 0.1],
    epochs: 3,
    network: 'readOut',
  },
  vectorField: { estimator: vectorField(options), rates, epochs: 3, engine: 'javascript', network: 'untied' },
  recurrentBackprop: {
    estimator: recurrentBackprop({ free, tolerance: 1e-3, iterations: 10 }),
    rates,
    epochs: 3,
    engine: 'javascript',
  },
  continual: {
    estimator: continual({ ...options, beta: 1 }),
    rates,
    epochs: 3,
    engine: 'javascript',
  },
};

/** 784-500-10, or 784-500 with a read-out of ten classes. */
function makeModel({ network, engine, output }: Recipe, seed: number): Model {
  const gain = 0.7;
  const x = layer([784], { name: 'input', clamped: true });
  const h = layer([500], { name: 'hidden1' });
  const common = { input: x, seed, dynamics: free, ...(engine && { engine }) };
  const hidden = [leak(h), bias(h), dense(x, h, { gain })];
  if (network === 'readOut') {
    return new Model({ ...common, energy: sum(...hidden), cost: crossEntropyReadOut(h, 10), output: h });
  }
  const y = layer([10], { name: 'output', activation: output ?? 'linear' });
  const join = network === 'untied' ? untied(h, y, { gain, name: 'untied' }) : dense(h, y, { gain });
  return new Model({
    ...common,
    energy: sum(...hidden, leak(y), bias(y), join),
    cost: squaredError(y),
    output: y,
  });
}

/** The angle between forward and backward weights, in degrees, where they are two. */
function angleOf(model: Model): number | undefined {
  const join = model.energy.interactions.get('untied');
  const [forward, backward] = ['untied.forward', 'untied.backward'].map((name) => model.parameters.get(name)?.data);
  if (!join || !forward || !backward || !('angle' in join)) return undefined;
  return (join as ReturnType<typeof untied>).angle([forward, backward]);
}

async function run(name: string, recipe: Recipe, seed: number) {
  const { train, test } = await mnist();
  const model = makeModel(recipe, seed);
  const angles = [angleOf(model)];
  const started = performance.now();
  const history = await model.fit(train, {
    epochs: recipe.epochs,
    batchSize: 16,
    estimator: recipe.estimator,
    optimizer: sgd({ learningRate: recipe.rates, decay: recipe.decay ?? 0.93 }),
    validation: test,
  });
  const seconds = (performance.now() - started) / 1000;
  angles.push(angleOf(model));
  const last = history[history.length - 1];
  const errors = history.map(({ validation }) => Number((100 * (validation?.error ?? Number.NaN)).toFixed(2)));
  model.dispose();
  return {
    estimator: name,
    engine: model.engine.name,
    epochs: recipe.epochs,
    trainError: last.error,
    testError: last.validation?.error,
    testErrors: errors,
    seconds,
    ...(angles[0] !== undefined && { angles }),
  };
}

async function main(): Promise<void> {
  const command = new Command('estimators')
    .description('Trains 784-500-10 on MNIST by each estimator; one JSON object a line.')
    .option('--only <names>', `some of ${Object.keys(RECIPES).join(', ')}`)
    .option('--seed <n>', 'what all that is random comes from', Number, 1)
    .parse();
  const { only, seed } = command.opts<{ only?: string; seed: number }>();
  for (const name of only?.split(',') ?? Object.keys(RECIPES)) {
    const recipe = RECIPES[name];
    if (!recipe) command.error(`--only must name recipes, but there is no '${name}'`);
    process.stdout.write(`${JSON.stringify(await run(name, recipe, seed))}\n`);
  }
}

main();
