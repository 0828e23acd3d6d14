import { expect } from 'chai';
import { euler, hopfield, mnist, randomSign, sgd } from '../lib/index.js';

describe('real digits', () => {
  it('the paper’s one hidden layer reaches at most 3.2 % test error after 5 epochs of the authors’ schedule', async function () {
    this.timeout(120_000);
    const { train, test } = await mnist();
    const model = hopfield([784, 500, 10], { seed: 1, precision: 'float32' });
    const history = await model.fit(train.slice(0, 50_000).withScale(1 / 256), {
      epochs: 5,
      batchSize: 20,
      shuffle: false,
      start: 'persistent',
      estimator: randomSign({ beta: 1, free: euler({ iterations: 20 }), nudged: euler({ iterations: 4 }) }),
      optimizer: sgd({ learningRate: [0.2, 0.1] }),
    });
    expect(history[4].error).to.be.below(0.016);
    const { error } = await model.evaluate(test.withScale(1 / 256), { dynamics: euler({ iterations: 20 }) });
    expect(error).to.be.at.most(0.032);
  });
});
