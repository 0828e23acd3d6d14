import { expect } from 'chai';
import { slack } from '../slack.js';
import { endlessTraining, run } from './support.js';

/** Trains with as many threads as cores for three seconds; tells in milliseconds how late a 10 ms timer was, how long a
 * small file took to read, and how long an abort took to reject. */
const program = (sizes: string) => `${endlessTraining}
const { readFile } = require('node:fs/promises');
const p99 = (values) => values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)];
(async () => {
  const abort = new AbortController();
  const training = train(${sizes}, { signal: abort.signal }).catch((error) => error.name);
  const late = [], reads = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(now - last - 10);
    last = now;
  }, 10);
  const end = performance.now() + 3000;
  while (performance.now() < end) {
    const started = performance.now();
    await readFile(require.resolve('eqprop/package.json'));
    reads.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  clearInterval(timer);
  const asked = performance.now();
  abort.abort();
  const name = await training;
  console.log(JSON.stringify({ late: p99(late), read: p99(reads), abort: performance.now() - asked, name }));
})();`;

describe('while a job trains with as many threads as cores', () => {
  for (const sizes of ['[784, 500, 10]', '[784, 1000, 1000, 10]']) {
    it(`JavaScript stays responsive and an abort is quick: ${sizes}`, () => {
      const { stdout, stderr } = run(program(sizes));
      expect(stderr).to.equal('');
      const { late, read, abort, name } = JSON.parse(stdout);
      expect(late, `p99 lateness of a 10 ms timer: ${late} ms`).to.be.below(slack(20));
      expect(read, `p99 of reading a small file: ${read} ms`).to.be.below(slack(20));
      expect(abort, `abort: ${abort} ms`).to.be.below(slack(50));
      expect(name).to.equal('AbortError');
    });
  }
});

/** Saves 240 MB of persistent states and resumes from them; tells the longest time that a timer was late, in milliseconds. */
const saving = `
const { dataset, fixedPoint, hopfield, positive, sgd } = require('eqprop');
const { mkdtempSync, rmSync } = require('node:fs');
const dir = mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'eqprop-saving-'));
const examples = 20_000;
const inputs = Float32Array.from({ length: examples * 4 }, (_, i) => (i % 7) / 7);
const targets = Float32Array.from({ length: examples * 2 }, (_, i) => i % 2);
const data = dataset({ inputs, shape: [4], targets });
let [last, longest] = [performance.now(), 0];
const look = () => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
};
const train = (options) => hopfield([4, 3000, 2], { engine: 'native' }).fit(data, {
  batchSize: 500, start: 'persistent', optimizer: sgd({ learningRate: 0.01 }), checkpoint: { dir },
  estimator: positive({ beta: 0.5, free: fixedPoint({ iterations: 1 }), nudged: fixedPoint({ iterations: 1 }) }), ...options,
});
(async () => {
  const timer = setInterval(look, 1);
  await train({ epochs: 1 });
  await train({ epochs: 1, resume: true });
  clearInterval(timer);
  rmSync(dir, { recursive: true });
  console.log(JSON.stringify({ longest }));
})();`;

describe('while a training with large persistent states is saved and goes on', () => {
  it('JavaScript stays responsive', () => {
    const { stdout, stderr } = run(saving);
    expect(stderr).to.equal('');
    const { longest } = JSON.parse(stdout);
    expect(longest, `a timer was late by ${longest} ms`).to.be.below(slack(100));
  });
});

/** Reads parameters while a batch settles for longer than anyone waits; tells how many milliseconds that took. */
const reading = `
const { euler, hopfield } = require('eqprop');
(async () => {
  const model = hopfield([784, 500, 10], { engine: 'native' });
  const abort = new AbortController();
  const [input, dynamics] = [new Float32Array(784 * 64).fill(0.5), euler({ iterations: 2 ** 31 - 1 })];
  const settling = model.settle({ input, dynamics, signal: abort.signal }).catch((error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const started = performance.now();
  const { size } = model.parameters;
  const took = performance.now() - started;
  abort.abort();
  console.log(JSON.stringify({ took, size, name: await settling }));
})();`;

describe('while a batch settles', () => {
  it('its parameters can be read', () => {
    const { stdout, stderr } = run(reading);
    expect(stderr).to.equal('');
    const { took, size, name } = JSON.parse(stdout);
    expect(took, `reading took ${took} ms`).to.be.below(slack(200));
    expect(size).to.equal(4);
    expect(name).to.equal('AbortError');
  });
});
