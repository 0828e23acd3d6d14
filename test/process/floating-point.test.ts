import { expect } from 'chai';
import { dense, euler, layer, leak, Model, squaredError, sum } from '../../lib/index.js';
import { endlessTraining, run } from './support.js';

describe('the floating-point mode', () => {
  const looks = `const tiny = 5e-324; if (tiny / 1 === 0 || tiny * 1 === 0 || 2.5e-308 / 4 === 0) throw new Error('flushed');`;
  const work = `
    const stop = new AbortController();
    const looksOften = setInterval(() => { ${looks} }, 1);
    setTimeout(() => stop.abort(), 100);
    train([784, 50, 10], { signal: stop.signal }).catch((error) => { ${looks} clearInterval(looksOften); console.log(error.name); });`;

  it('of JavaScript’s thread is not changed by a training', () => {
    expect(run(`${endlessTraining} ${work}`)).to.deep.include({ status: 0, stdout: 'AbortError', stderr: '' });
  });

  it('of a worker’s thread is not changed, nor that of the thread that it came from', () => {
    const worker = JSON.stringify(`${endlessTraining} ${work}`);
    const program = `
      const worker = new (require('node:worker_threads').Worker)(${worker}, { eval: true });
      worker.on('exit', (code) => { ${looks} console.log(code); });`;
    const { status, stdout, stderr } = run(program);
    expect({ status, stderr, lines: stdout.split('\n').sort() }).to.deep.equal({
      status: 0,
      stderr: '',
      lines: ['0', 'AbortError'],
    });
  });

  it('of our own threads makes nothing of denormals, which would be a hundred times as slow', async () => {
    const [x, y] = [layer([64], { clamped: true }), layer([64], { activation: 'linear', name: 'y' })];
    const model = new Model({
      energy: sum(dense(x, y), leak(y)),
      cost: squaredError(y),
      input: x,
      output: y,
      ...{ engine: 'native', threads: 2, dynamics: euler({ stepSize: 0.5, iterations: 3 }) },
    });
    const count = 64; // a share for each thread
    const states = async (weight: number) => {
      model.setParameters({ 'dense1.weight': new Float32Array(64 * 64).fill(weight) });
      return (await model.settle({ input: new Float32Array(count * 64).fill(1e-3) })).state;
    };
    expect((await states(1e-30)).y.every((s) => s > 0)).to.equal(true);
    expect(
      (await states(1e-38)).y.every((s) => s === 0),
      'what would be some 1e-40',
    ).to.equal(true);
    model.dispose();
  });
});
