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
