import { expect } from 'chai';
import { centered, dataset, euler, hopfield, nativeBytes, sgd } from '../../lib/index.js';
import { run } from '../process/support.js';
import { floats } from '../support.js';

const data = dataset({ inputs: floats(100 * 200, 1), shape: [200], labels: new Uint32Array(100), classes: 10 });
const phases = { free: euler({ iterations: 3 }), nudged: euler({ iterations: 2 }) };
const options = {
  epochs: 1,
  estimator: centered({ beta: 0.5, ...phases }),
  optimizer: sgd({ learningRate: 0.01, momentum: 0.5 }),
};

describe('native bytes', () => {
  it('are those of weights, data and jobs, and go with them', async () => {
    const before = nativeBytes();
    const model = hopfield([200, 300, 10], { engine: 'native', precision: 'float32' });
    const weights = 4 * (200 * 300 + 300 * 10);
    const held = nativeBytes() - before;
    expect(held).to.be.within(weights, 3 * weights);
    let most = 0;
    const onProgress = () => {
      most = Math.max(most, nativeBytes());
    };
    await model.fit(data, { ...options, start: 'persistent', onProgress });
    expect(most - before).to.be.above(held + 4 * 100 * 200 + weights); // data and momentum besides
    expect(nativeBytes() - before).to.equal(held);
    await model.settle({ input: floats(200, 1) });
    await model.gradient({ input: floats(200, 1), target: new Float32Array(10) }, options.estimator);
    await model.predict(data);
    expect(nativeBytes() - before).to.equal(held);
    model.dispose();
    expect(nativeBytes()).to.equal(before);
  });

  it('go at once where a job is interrupted, fails or is disposed of', async () => {
    const before = nativeBytes();
    const model = hopfield([200, 300, 10], { engine: 'native' });
    const endless = { input: floats(200, 1), dynamics: euler({ iterations: 2 ** 31 - 1 }) };
    await model.settle({ ...endless, signal: AbortSignal.timeout(10) }).catch(() => {});
    await model.fit(data, { ...options, optimizer: sgd({ learningRate: 1e38 }) }).catch(() => {});
    const call = model.settle(endless).catch(() => {});
    model.dispose();
    await call;
    expect(nativeBytes()).to.equal(before);
  });

  it('are heeded by the garbage collector: models that nobody keeps do not pile up', function () {
    this.timeout(60_000);
    const program = `
      const { hopfield, nativeBytes } = require('eqprop');
      (async () => {
        let most = 0;
        for (let i = 0; i < 100; i++) {
          hopfield([500, 1000, 10], { engine: 'native', precision: 'float32' }); // 4 MB
          most = Math.max(most, nativeBytes());
          await new Promise(setImmediate);
        }
        console.log(most < 250e6);
      })();`;
    expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: 'true', stderr: '' });
  });
});
