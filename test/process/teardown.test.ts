import { expect } from 'chai';
import { slack } from '../slack.js';
import { endlessTraining, run } from './support.js';

describe('teardown while a training runs', () => {
  it('process.exit is clean, 50 times out of 50', function () {
    this.timeout(120_000);
    for (let i = 0; i < 50; i++) {
      const program = `${endlessTraining} train([784, 100, 10]); setTimeout(() => process.exit(7), ${i % 25});`;
      const { status, signal, stderr } = run(program);
      expect({ status, signal, stderr }, `run ${i}`).to.deep.equal({ status: 7, signal: null, stderr: '' });
    }
  });

  it('terminating a worker is clean, 50 times out of 50', function () {
    this.timeout(120_000);
    const program = `
      const { Worker } = require('node:worker_threads');
      const code = ${JSON.stringify(`${endlessTraining} train([784, 100, 10]); train([784, 50, 10]); require('node:worker_threads').parentPort.postMessage(0);`)};
      (async () => {
        for (let i = 0; i < 50; i++) {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
          await new Promise((resolve) => setTimeout(resolve, i % 10));
          await worker.terminate();
        }
        console.log('alive');
      })();`;
    const { status, signal, stdout, stderr } = run(program);
    expect({ status, signal, stdout, stderr }).to.deep.equal({ status: 0, signal: null, stdout: 'alive', stderr: '' });
  });

  it('terminating a worker does not wait for a job that others wait for', function () {
    this.timeout(60_000);
    const jobs = `const model = hopfield([784, 1000, 10], { engine: 'native' }); const input = new Float32Array(784 * 100).fill(0.5);
      model.settle({ input, dynamics: dynamics(1e6) }); model.predict(input); model.predict(input);`;
    const program = `
      const { Worker } = require('node:worker_threads');
      const code = ${JSON.stringify(`${endlessTraining} ${jobs} require('node:worker_threads').parentPort.postMessage(0);`)};
      const worker = new Worker(code, { eval: true });
      worker.once('message', () => setTimeout(async () => {
        const asked = performance.now();
        await worker.terminate();
        console.log(performance.now() - asked < ${slack(1000)});
      }, 50));`;
    expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: 'true', stderr: '' });
  });

  it('an uncaught error ends the process as always', () => {
    const { status, stderr } = run(
      `${endlessTraining} train([784, 100, 10]); setTimeout(() => { throw new Error('mine'); }, 20);`,
    );
    expect(status).to.equal(1);
    expect(stderr).to.include('Error: mine');
  });

  it('a model that is dropped while it trains ends with its process', () => {
    const abort = 'const c = new AbortController(); setTimeout(() => c.abort(), 50);';
    const program = `${endlessTraining} ${abort} train([784, 100, 10], { signal: c.signal }).catch((e) => console.log(e.name));`;
    expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: 'AbortError', stderr: '' });
  });
});
