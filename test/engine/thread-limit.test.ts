import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { centered, dataset, euler, hopfield, setThreadLimit, sgd, threadLimit } from '../../lib/index.js';
import { run } from '../process/support.js';
import { expectRejects, expectThrows, fingerprint, floats } from '../support.js';

const input = floats(64 * 50, 1);
const data = dataset({ inputs: input, shape: [50], labels: new Uint32Array(64), classes: 10 });
const phases = { free: euler({ iterations: 20 }), nudged: euler({ iterations: 4 }) };
const options = {
  epochs: 20,
  batchSize: 16,
  estimator: centered({ beta: 0.5, ...phases }),
  optimizer: sgd({ learningRate: 0.05 }),
};
const build = (threads: number) => hopfield([50, 70, 10], { seed: 1, engine: 'native', threads });
const endless = { input, dynamics: euler({ iterations: 2 ** 31 - 1 }) };

describe('the limit on threads', () => {
  afterEach(() => setThreadLimit(availableParallelism()));

  it('is as many as the machine has, unless told, and is told once for a process', () => {
    expect(threadLimit()).to.equal(availableParallelism());
    setThreadLimit(3);
    hopfield([2, 2], { engine: 'native' });
    expect(threadLimit()).to.equal(3);
    const program = `
      const { hopfield, threadLimit } = require('eqprop');
      hopfield([2, 2], { engine: 'native' });
      process.env.EQPROP_MAX_THREADS = 9;
      console.log(threadLimit());`;
    process.env.EQPROP_MAX_THREADS = '5';
    try {
      expect(run(program)).to.deep.include({ stdout: '5', stderr: '' });
    } finally {
      delete process.env.EQPROP_MAX_THREADS;
    }
  });

  it('refuses what is no number of threads', () => {
    for (const threads of [0, -1, 1.5, Number.NaN, 1025, '2', undefined]) {
      expectThrows(() => setThreadLimit(threads as number), 'ERR_ARGUMENT', 'setThreadLimit threads', `${threads}`);
    }
    process.env.EQPROP_MAX_THREADS = 'many';
    try {
      expectThrows(() => hopfield([2, 2], { engine: 'native' }), 'ERR_ARGUMENT', 'EQPROP_MAX_THREADS', "'many'");
      expectThrows(() => threadLimit(), 'ERR_ARGUMENT', 'EQPROP_MAX_THREADS', "'many'");
    } finally {
      delete process.env.EQPROP_MAX_THREADS;
    }
  });

  it('changes no bit, also while it changes and others train', async () => {
    const prints = new Set<string>();
    for (const limit of [1, 2, 8]) {
      setThreadLimit(limit);
      const models = [1, 2, 4].map(build);
      const trainings = models.map((model) => model.fit(data, options));
      for (const other of [3, 1, limit]) {
        await pause(3);
        setThreadLimit(other);
      }
      await Promise.all(trainings);
      for (const model of models) {
        prints.add(fingerprint(model));
        model.dispose();
      }
    }
    expect(prints.size).to.equal(1);
  });

  it('starves nobody: an endless call on the only thread lets others in', async () => {
    setThreadLimit(1);
    const [busy, model] = [build(2), build(2)];
    const never = busy.settle(endless).catch((error) => error);
    await pause(20);
    expect(await model.fit(data, options)).to.have.length(20);
    expect(await model.predict(input)).to.have.length(64);
    busy.dispose();
    expect(await never).to.have.property('code', 'ERR_DISPOSED');
    model.dispose();
  });

  it('may be lowered while a thread has done its share and its teammate works', async () => {
    setThreadLimit(2);
    const [model, other] = [hopfield([50, 400, 400, 10], { seed: 1, engine: 'native', threads: 2 }), build(1)];
    const half = floats(16 * 50, 1).fill(0, 0, 8 * 50); // examples that rest at once, for one thread, and others
    const long = model.settle({
      input: half,
      dynamics: euler({ iterations: 10_000, stepSize: 1e-3, tolerance: 1e-12 }),
    });
    await pause(20);
    setThreadLimit(1);
    expect(await other.predict(input)).to.have.length(64);
    const { iterations } = await long;
    expect([iterations[0], iterations[15]]).to.satisfy(([short, most]: number[]) => short === 1 && most > 1000);
    for (const each of [model, other]) each.dispose();
  });

  it('lets who waits for a thread be aborted and disposed of', async () => {
    setThreadLimit(1);
    const models = Array.from({ length: 6 }, () => build(2));
    const abort = new AbortController();
    const calls = models.map((model) => model.settle({ ...endless, signal: abort.signal }).catch((error) => error));
    await pause(20);
    models[1].dispose();
    expect(await calls[1]).to.have.property('code', 'ERR_DISPOSED');
    abort.abort();
    const ends = await Promise.all(calls);
    expect(ends.filter((end) => end.name === 'AbortError')).to.have.length(5);
    expect(await models[0].predict(input)).to.have.length(64);
    await expectRejects(models[1].predict(input), 'ERR_DISPOSED');
    for (const model of models) model.dispose();
  });

  it('is given back by workers that are terminated while they wait', function () {
    this.timeout(60_000);
    const worker = `
      const { euler, hopfield } = require('eqprop');
      const model = hopfield([50, 70, 10], { engine: 'native' });
      const other = hopfield([50, 70, 10], { engine: 'native' });
      const call = { input: new Float32Array(50 * 64), dynamics: euler({ iterations: 2 ** 31 - 1 }) };
      for (const m of [model, other, other]) m.settle(call);
      setTimeout(() => require('node:worker_threads').parentPort.postMessage(0), 10);`;
    const program = `
      const { once } = require('node:events');
      const { Worker } = require('node:worker_threads');
      const { hopfield, setThreadLimit } = require('eqprop');
      (async () => {
        setThreadLimit(1);
        for (let i = 0; i < 5; i++) {
          const workers = [0, 1].map(() => new Worker(${JSON.stringify(worker)}, { eval: true }));
          await Promise.all(workers.map((w) => once(w, 'message')));
          await Promise.all(workers.map((w) => w.terminate()));
        }
        console.log((await hopfield([4, 3], { engine: 'native' }).predict(new Float32Array(4))).length);
      })();`;
    expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: '1', stderr: '' });
  });
});
