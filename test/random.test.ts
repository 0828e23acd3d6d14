import { expect } from 'chai';
import { Random } from '../lib/random.js';

describe('Random', () => {
  it('gives the same numbers for one seed and others for the next', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(1)).to.deep.equal(draw(1));
    expect(draw(1)).to.not.deep.equal(draw(2));
    expect(draw(1)).to.not.deep.equal(draw(1 + 2 ** 32));
  });

  it('is uniform: mean, variance and bytes of a million draws', () => {
    const random = new Random(7);
    const counts = new Float64Array(256);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < 1e6; i++) {
      const x = random.uniform();
      sum += x;
      squares += x * x;
      counts[Math.floor(x * 256)]++;
    }
    expect(sum / 1e6).to.be.closeTo(0.5, 0.0015);
    expect(squares / 1e6).to.be.closeTo(1 / 3, 0.0015);
    const chiSquared = counts.reduce((total, count) => total + (count - 1e6 / 256) ** 2 / (1e6 / 256), 0);
    expect(chiSquared).to.be.within(160, 370); // 255 degrees of freedom, five standard deviations
  });

  it('permutes: every number once, every place reached', () => {
    const random = new Random(3);
    expect([...random.permutation(100)].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i));
    const firsts = new Set(Array.from({ length: 200 }, () => random.permutation(5)[0]));
    expect(firsts.size).to.equal(5);
  });
});
