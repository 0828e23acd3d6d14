import { expect } from 'chai';
import {
  bias,
  type Cost,
  centered,
  dataset,
  dense,
  fixedPoint,
  lateral,
  layer,
  leak,
  Model,
  sgd,
  squaredError,
  sum,
  withDecay,
} from '../../lib/index.js';
import { floats } from '../support.js';

const DECAY = { 'dense1.weight': 0.02, 'lateral1.weight': 0.1, 'bias1.bias': 0.3 };
const [count, inputs, outputs] = [12, 7, 5];
const data = dataset({
  inputs: floats(count * inputs, 1),
  shape: [inputs],
  labels: Uint32Array.from({ length: count }, (_, i) => i % outputs),
  classes: outputs,
});
const dynamics = fixedPoint({ iterations: 30, relaxation: 0.5 });
const estimator = centered({ beta: 0.1, free: dynamics, nudged: dynamics });

/** ½ Σ λ ‖θ‖² of the parameters as they are. */
function decayOf(model: Model): number {
  const terms = Object.entries(DECAY).map(([name, lambda]) => {
    const values = Array.from(model.parameters.get(name)?.data ?? []);
    return (lambda / 2) * values.reduce((total, x) => total + x * x, 0);
  });
  return terms.reduce((total, term) => total + term, 0);
}

for (const engine of ['native', 'javascript'] as const) {
  describe(`weight decay on the ${engine} engine`, () => {
    it('is in the cost with the parameters as they are, after updates and after they were written', async () => {
      const [x, y] = [layer([inputs], { clamped: true }), layer([outputs])];
      const energy = sum(dense(x, y), lateral(y, { gain: 0.3 }), leak(y), bias(y));
      const parts = { energy, input: x, output: y, engine, dynamics };
      const model = new Model({ ...parts, cost: withDecay(squaredError(y), DECAY) });
      const bare = new Model({ ...parts, cost: squaredError(y) });
      const expectDecay = async () => {
        bare.setParameters(Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data])));
        const [whole, rest] = [await model.evaluate(data), await bare.evaluate(data)];
        const decay = decayOf(model);
        expect(decay).to.be.above(0.01);
        expect(whole.cost - rest.cost).to.be.closeTo(decay, 1e-5 * decay + 1e-6);
        // A training whose rate is 0 sees the same parameters at every update.
        const still = { epochs: 1, batchSize: 5, estimator, optimizer: sgd({ learningRate: 0 }) };
        const [[{ cost }], [{ cost: without }]] = [await model.fit(data, still), await bare.fit(data, still)];
        expect(cost - without).to.be.closeTo(decay, 1e-5 * decay + 1e-6);
      };
      await expectDecay();
      for (const batchSize of [5, 12]) {
        await model.fit(data, { epochs: 3, batchSize, estimator, optimizer: sgd({ learningRate: 0.5 }) });
        await expectDecay();
        model.setParameters({ 'dense1.weight': floats(inputs * outputs, batchSize) });
        await expectDecay();
      }
    });
  });
}

describe('weight decay of a cost of one’s own', () => {
  it('is that of the shipped cost that computes the same', async () => {
    const [x, y] = [layer([inputs], { clamped: true }), layer([outputs])];
    const energy = sum(leak(y), bias(y), dense(x, y));
    const shipped = squaredError(y);
    const { kind, curvature, quadratic } = shipped;
    const own: Cost = {
      ...{ kind, layer: y, curvature, quadratic },
      value: (...call) => shipped.value(...call),
      stateGradient: (...call) => shipped.stateGradient(...call),
    };
    const [theirs, ours] = [own, shipped].map(
      (cost) =>
        new Model({
          ...{ energy, input: x, output: y, dynamics, seed: 1, engine: 'javascript' },
          cost: withDecay(cost, { 'dense1.weight': 0.5 }),
        }),
    );
    const batch = { input: floats(2 * inputs, 1), target: floats(2 * outputs, 2) };
    expect(await theirs.gradient(batch, estimator)).to.deep.equal(await ours.gradient(batch, estimator));
    expect(await theirs.settle({ ...batch, beta: 0.1 })).to.deep.equal(await ours.settle({ ...batch, beta: 0.1 }));
    const fit = { epochs: 2, batchSize: 5, estimator, optimizer: sgd({ learningRate: 0.1 }) };
    const histories = [await theirs.fit(data, fit), await ours.fit(data, fit)];
    const [a, b] = histories.map((history) => history.map(({ cost, energy }) => [cost, energy]));
    expect(a).to.deep.equal(b);
  });
});
