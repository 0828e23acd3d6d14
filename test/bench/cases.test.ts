import { expect } from 'chai';
import { cases, flopsPerImage, modelOf, trainingOf } from '../../bench/cases.js';
import { digits, noise } from '../../bench/images.js';
import { batchesPerTurn, median, turnsOf } from '../../bench/timing.js';

describe('what the benchmark counts', () => {
  it('is what a step needs, worked out by hand', () => {
    const found = new Map(cases.map((benchCase) => [benchCase.name, flopsPerImage(benchCase)]));
    const drive = 784 * 500;
    // One hidden layer: 24 steps with two products of 500 × 10; the drive and its update; two for the output's weights.
    expect(found.get('paper-1')).to.equal(2 * (24 * 2 * 5000 + 2 * drive + 2 * 5000));
    const edges = 500 * 500 + 5000;
    expect(found.get('paper-2')).to.equal(2 * (156 * 2 * edges + 2 * drive + 2 * edges));
  });

  it('has every layer move once in a sweep, of two nudged phases where nudges are centered', () => {
    const fast = cases.filter(({ sweep, readOut }) => sweep !== undefined && !readOut);
    expect(fast.length).to.be.above(0);
    for (const { free, nudged, sizes, ...rest } of fast) {
      const of = (sweeps: number) => flopsPerImage({ ...rest, sizes, free: free + sweeps, nudged });
      const perSweep = of(1) - of(0);
      expect(flopsPerImage({ ...rest, sizes, free, nudged: nudged + 1 }) - of(0)).to.equal(2 * perSweep);
      const weights = sizes.slice(2).reduce((sum, size, k) => sum + size * sizes[k + 1], 0);
      expect(perSweep).to.equal(2 * 2 * weights);
    }
  });

  it('has a read-out act in nudged sweeps alone', () => {
    const [fast] = cases.filter(({ readOut }) => readOut);
    const more = (what: object) => flopsPerImage({ ...fast, ...what }) - flopsPerImage(fast);
    expect(more({ free: fast.free + 1 })).to.equal(2 * 2 * 2 * 500 * 500);
    expect(more({ nudged: fast.nudged + 1 })).to.equal(2 * 2 * 2 * (2 * 500 * 500 + 5000));
  });

  it('trains: every case takes a step on the native engine', async () => {
    for (const benchCase of cases) {
      const model = modelOf(benchCase, { engine: 'native' });
      const [{ cost }] = await model.fit(noise(4, 1), { ...trainingOf(benchCase), epochs: 1, batchSize: 4 });
      expect(cost, benchCase.name).to.be.within(0.01, 10);
      model.dispose();
    }
  });
});

describe('turns of the benchmark', () => {
  it('are long enough to time, and few where one is very long', () => {
    expect(batchesPerTurn(0.1)).to.equal(4);
    expect(batchesPerTurn(1e-6)).to.equal(200);
    expect(batchesPerTurn(30)).to.equal(1);
    expect(turnsOf(0.1, 7)).to.equal(7);
    expect(turnsOf(30, 7)).to.equal(1);
  });

  it('count by their median', () => {
    expect(median([3, 1, 100])).to.equal(3);
    expect(median([4, 1, 100, 2])).to.equal(3);
  });
});

describe('the images of the benchmark', () => {
  it('are digits in their order, and once more from the first', async () => {
    const images = await digits(3, 59_999);
    const again = await digits(2);
    expect([...(images.labels ?? [])].slice(1)).to.deep.equal([...(again.labels ?? [])]);
    expect(images.inputsAsFloats(1, 3)).to.deep.equal(again.inputsAsFloats(0, 2));
    const lit = again.inputsAsFloats(0, 2).filter((pixel) => pixel > 0).length / (2 * 784);
    expect(lit).to.be.within(0.1, 0.3);
  });

  it('or noise, as bright as it is asked for', () => {
    for (const share of [0, 0.2, 1]) {
      const pixels = noise(50, 1, share).inputsAsFloats(0, 50);
      expect(pixels.filter((pixel) => pixel > 0).length / pixels.length).to.be.closeTo(share, 0.01);
    }
  });
});
