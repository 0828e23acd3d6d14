import { expect } from 'chai';
import {
  centered,
  continual,
  contrastive,
  coupled,
  coupledCentered,
  coupledNegative,
  dataset,
  dense,
  type Estimator,
  euler,
  type Floats,
  fixedPoint,
  hopfield,
  layer,
  leak,
  Model,
  positive,
  sgd,
  squaredError,
  sum,
  type Untied,
  untied,
  vectorField,
} from '../../lib/index.js';
import { expectRejects, floats, relativeError } from '../support.js';

const batch = 4;
const input = Float64Array.from(floats(batch * 6, 1));
const target = Float64Array.from(floats(batch * 3, 2));
const rest = fixedPoint({ iterations: 5000, tolerance: 1e-13, relaxation: 0.7 });
const options = { beta: 0.2, free: rest, nudged: rest };
const make = () => hopfield([6, 5, 3], { seed: 4, engine: 'javascript', activation: 'tanh', gain: 0.8 });

/** ∂E/∂W of the last weights at the states of a settling, the mean over the batch: −ρ(h) ρ(y)ᵀ. */
function correlation(state: Readonly<Record<string, Floats>>): Float64Array {
  const sums = new Float64Array(15);
  for (let e = 0; e < batch; e++) {
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 3; j++) {
        sums[i * 3 + j] -= (Math.tanh(state.hidden1[e * 5 + i]) * Math.tanh(state.output[e * 3 + j])) / batch;
      }
    }
  }
  return sums;
}

describe('estimators that clamp the output', () => {
  const model = make();
  const last = async (estimator: Estimator) => (await model.gradient({ input, target }, estimator))['dense2.weight'];
  const clampedAt = async (amount: number) => {
    const free = await model.settle({ input, dynamics: rest });
    const output = free.state.output.map((y, j) => (1 - amount) * y + amount * target[j]) as Float64Array;
    return correlation((await model.settle({ input, clamp: { output }, from: free, dynamics: rest })).state);
  };
  const difference = (a: Float64Array, b: Float64Array, distance: number) => a.map((x, k) => (x - b[k]) / distance);

  it('are differences of what settles around a clamped output', async () => {
    const free = correlation((await model.settle({ input, dynamics: rest })).state);
    const cases: [Estimator, Float64Array][] = [
      [contrastive({ free: rest, clamped: rest }), difference(await clampedAt(1), free, 1)],
      [coupled(options), difference(await clampedAt(0.2), free, 0.2)],
      [coupledNegative(options), difference(free, await clampedAt(-0.2), 0.2)],
      [coupledCentered(options), difference(await clampedAt(0.2), await clampedAt(-0.2), 0.4)],
    ];
    for (const [estimator, expected] of cases) {
      expect(relativeError(await last(estimator), expected), estimator.name).to.be.below(1e-9);
    }
  });

  it('refuse weights, of examples or of units, which they could not heed', async () => {
    const weights = new Float64Array(batch).fill(2);
    const weighted = model.gradient({ input, target, weights }, coupled(options));
    await expectRejects(weighted, 'ERR_ARGUMENT', 'gradient weights', 'nudges');
    const y = layer([3], { name: 'y', activation: 'linear' });
    const x = layer([6], { name: 'x', clamped: true });
    const cost = squaredError(y, { weights: [1, 0, 1] });
    const masked = new Model({ energy: sum(dense(x, y), leak(y)), cost, input: x, output: y, engine: 'javascript' });
    await expectRejects(masked.gradient({ input, target }, coupled(options)), 'ERR_ARGUMENT', 'weighs its units');
  });
});

describe('vectorField', () => {
  it('is the centered estimate in the limit where weights are symmetric', async () => {
    const model = make();
    const small = { ...options, beta: 1e-3 };
    const exact = await model.gradient({ input, target }, centered(small));
    const found = await model.gradient({ input, target }, vectorField(small));
    for (const name of Object.keys(exact)) expect(relativeError(found[name], exact[name]), name).to.be.below(1e-4);
  });

  it('learns with untied weights, which come nearer to each other’s transposes', async () => {
    const x = layer([6], { name: 'x', clamped: true });
    const h = layer([20], { name: 'h' });
    const y = layer([2], { name: 'y', activation: 'linear' });
    const join = untied(h, y, { name: 'join', gain: 0.7 });
    const energy = sum(dense(x, h, { gain: 0.7 }), leak(h), leak(y), join);
    const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript', seed: 3 });
    const inputs = floats(80 * 6, 5);
    const labels = Array.from({ length: 80 }, (_, e) => (inputs[e * 6] + inputs[e * 6 + 1] > 1 ? 1 : 0));
    const data = dataset({ inputs, shape: [6], labels });
    const angle = () => {
      const [forward, backward] = ['join.forward', 'join.backward'].map((name) => model.parameters.get(name)?.data);
      return (join as Untied).angle([forward as Floats, backward as Floats]);
    };
    const before = angle();
    const free = euler({ iterations: 30 });
    const history = await model.fit(data, {
      epochs: 100,
      batchSize: 10,
      estimator: vectorField({ beta: 0.2, free, nudged: free }),
      optimizer: sgd({ learningRate: 0.1 }),
    });
    expect(history[99].error).to.be.below(0.15);
    expect(history[99].cost).to.be.below(0.5 * history[0].cost);
    expect(angle()).to.be.below(before - 15);
  });
});

describe('continual', () => {
  const nudged = euler({ iterations: 12 });
  const free = euler({ iterations: 2000, tolerance: 1e-12 });

  it('is the positive estimate where parameters stand still, also where examples rest early', async () => {
    for (const tolerance of [0, 1e-2]) {
      const settings = { beta: 0.2, free, nudged: { ...nudged, tolerance } };
      const [a, b] = [
        await make().gradient({ input, target }, continual(settings)),
        await make().gradient({ input, target }, positive(settings)),
      ];
      for (const name of Object.keys(b)) expect(relativeError(a[name], b[name]), name).to.be.below(1e-9);
    }
  });

  it('differs by what the moved parameters do, in proportion to the rate, and leaves the model’s as they were', async () => {
    const model = make();
    const before = model.parameters;
    const still = await model.gradient({ input, target }, positive({ beta: 0.2, free, nudged }));
    const errors: number[] = [];
    for (const learningRate of [1e-3, 1e-4]) {
      const moved = await model.gradient({ input, target }, continual({ beta: 0.2, free, nudged, learningRate }));
      errors.push(relativeError(moved['dense1.weight'], still['dense1.weight']));
    }
    expect(errors[0] / errors[1]).to.be.closeTo(10, 1);
    expect(model.parameters).to.deep.equal(before);
  });

  it('trains, and parameters are seen only between two updates', async () => {
    const model = make();
    const inputs = floats(60 * 6, 5);
    const labels = Array.from({ length: 60 }, (_, e) => (inputs[e * 6] > 0.5 ? 1 : 0));
    const data = dataset({ inputs, shape: [6], labels, classes: 3 });
    const seen = new Set<number>();
    const watch = setInterval(() => seen.add(model.parameters.get('bias1.bias')?.data[0] ?? Number.NaN), 1);
    const history = await model.fit(data, {
      epochs: 30,
      batchSize: 20,
      estimator: continual({ beta: 1, free: euler({ iterations: 30 }), nudged }),
      optimizer: sgd({ learningRate: 0.05 }),
    });
    clearInterval(watch);
    expect(history[29].cost).to.be.below(0.7 * history[0].cost);
    expect(seen.size).to.be.at.most(30 * 3 + 1);
  });
});
