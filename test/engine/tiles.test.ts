import { expect } from 'chai';
import { euler, hopfield } from '../../lib/index.js';
import { slack } from '../slack.js';
import { floats, instructionSets } from '../support.js';

const [UNITS, MOST, TURNS] = [256, 6, 15];

/** The least that so many iterations of 1, 2, .. MOST examples take, in milliseconds: what else runs only adds. */
async function leastTimes(isa: string): Promise<number[]> {
  const model = hopfield([UNITS, UNITS, UNITS, 10], { seed: 1, engine: 'native', isa, threads: 1 });
  const least = new Array<number>(MOST).fill(Number.POSITIVE_INFINITY);
  for (let turn = 0; turn < TURNS; turn++) {
    for (let count = 1; count <= MOST; count++) {
      const input = floats(count * UNITS, 1);
      const started = performance.now();
      await model.settle({ input, dynamics: euler({ iterations: 300 }) });
      least[count - 1] = Math.min(least[count - 1], performance.now() - started);
    }
  }
  model.dispose();
  return least;
}

describe('a tile', () => {
  // A compiler that keeps a tile's sums in memory makes it two to three times as slow.
  for (const isa of instructionSets()) {
    it(`of fewer examples takes no longer than a full one: ${isa}`, async () => {
      const least = await leastTimes(isa);
      for (const [i, time] of least.entries()) {
        expect(time, `${i + 1} examples`).to.be.below(slack(1.2) * least[MOST - 1]);
      }
    });
  }
});
