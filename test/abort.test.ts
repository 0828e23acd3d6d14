import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort } from '../lib/abort.js';
import { dataset, euler, hopfield, positive, sgd } from '../lib/index.js';
import { waitingFor } from './support.js';

describe('onAbort', () => {
  it('calls all that wait, once, and none that have been taken back', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const [, second] = [1, 2, 3].map((n) => onAbort(controller.signal, () => called.push(n)));
    second();
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
    controller.abort();
    expect(called).to.deep.equal([1, 3]);
  });

  it('listens no longer than somebody waits', () => {
    const { signal } = new AbortController();
    const [first, second] = [1, 2].map(() => onAbort(signal, () => {}));
    first();
    first(); // does no harm
    expect(waitingFor(signal)).to.equal(1);
    second();
    expect(waitingFor(signal)).to.equal(0);
    const third = onAbort(signal, () => {});
    second();
    expect(waitingFor(signal)).to.equal(1);
    third();
    expect(waitingFor(signal)).to.equal(0);
  });

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: a hundred calls on one signal warn of no leak`, async () => {
      const warnings: Error[] = [];
      const warned = (warning: Error) => warnings.push(warning);
      process.on('warning', warned);
      const model = hopfield([2, 2], { engine });
      const { signal } = new AbortController();
      const input = Float32Array.of(0, 1);
      await Promise.all(Array.from({ length: 100 }, () => model.settle({ input, signal })));
      await new Promise(setImmediate);
      model.dispose();
      process.off('warning', warned);
      expect(warnings).to.deep.equal([]);
    });

    it(`${engine}: nothing of a call that has ended stays with its signal`, async () => {
      const model = hopfield([2, 2], { engine });
      const { signal } = new AbortController();
      const [input, target] = [Float32Array.of(0, 1), Float32Array.of(1, 0)];
      const data = dataset({ inputs: input, shape: [2], targets: target });
      const dynamics = euler({ iterations: 2 });
      const estimator = positive({ beta: 0.5, free: dynamics, nudged: dynamics });
      const training = { epochs: 2, batchSize: 1, estimator, optimizer: sgd({ learningRate: 0.1 }) };
      for (let round = 0; round < 3; round++) {
        await model.fit(data, { ...training, timeLimit: 100, signal });
        await model.fit(data, { ...training, optimizer: sgd({ learningRate: 1e38 }), signal }).catch(() => {});
        model.setParameters({ 'bias1.bias': new Float32Array(2), 'dense1.weight': new Float32Array(4) });
        await model.audit({ input, target, signal }, { estimators: [estimator], dynamics });
        await Promise.all([model.settle({ input, signal }), model.evaluate(data, { signal })]);
        expect(waitingFor(signal)).to.equal(0);
      }
      model.dispose();
    });
  }
});
