import { expect } from 'chai';
import { makeEstimator } from '../../lib/cli/estimators.js';
import { networkOf } from '../../lib/cli/network.js';
import { describePreset, PRESET_NAMES, PRESETS, type Preset } from '../../lib/cli/presets.js';
import { settingsOf } from '../../lib/cli/settings.js';

describe('presets', () => {
  const presets: [string, Preset][] = Object.entries(PRESETS);

  for (const [name, { hidden, rates, estimator, beta, free, nudged }] of presets) {
    it(`${name} has a learning rate for each layer, and an estimator`, () => {
      expect(rates).to.have.length(hidden.length + 1);
      expect(makeEstimator(estimator, { beta, free, nudged }).programs).to.have.length(name.startsWith('fast') ? 1 : 2);
    });
  }

  it('fast-1 has a linear output, takes all of MNIST in random order, and lets its rates fall', () => {
    const settings = settingsOf({ preset: 'fast-1' }, 60_000);
    expect(settings).to.deep.include({
      ...{ hidden: [500], activation: 'hardSigmoid', output: 'linear', cost: 'squaredError', gain: 0.7 },
      ...{ estimator: 'centered', beta: 0.2, rates: [0.3, 0.2], decay: 'cosine', batchSize: 16, epochs: 20 },
      ...{ examples: 60_000, start: 'zero', shuffle: true, scale: 1 / 255 },
    });
    expect(settings.free).to.include({ kind: 'coordinateDescent', iterations: 3 });
    expect(settings.nudged).to.include({ kind: 'coordinateDescent', iterations: 1 });
    const { model } = networkOf([6, 5, 3], settings, { engine: 'javascript' });
    expect(model.output.range).to.deep.equal([-Infinity, Infinity]);
    expect(model.energy.layers.get('hidden1')?.range).to.deep.equal([0, 1]);
    const weights = model.parameters.get('dense1.weight')?.data ?? [];
    expect(Math.max(...weights.map(Math.abs))).to.be.within(0.5 * (0.7 / Math.sqrt(6)), 0.7 / Math.sqrt(6));
  });

  it('fast-3 reads its last hidden layer out, unless another cost is asked for', () => {
    const readOut = settingsOf({ preset: 'fast-3' }, 60_000);
    expect(readOut).to.include({ cost: 'crossEntropyReadOut', output: undefined, epochs: 30 });
    const linear = settingsOf({ preset: 'fast-3', cost: 'squaredError' }, 60_000);
    expect(linear).to.include({ cost: 'squaredError', output: 'linear' });
  });

  it('say on one line what they are', () => {
    expect(PRESET_NAMES).to.deep.equal(['paper-1', 'paper-2', 'paper-3', 'fast-1', 'fast-2', 'fast-3']);
    expect(describePreset('paper-2')).to.match(/^paper-2 .*500-500 .*150 free and 6 nudged steps.*0\.02; 60 epochs$/);
    expect(describePreset('fast-1')).to.match(
      /3 free and 1 nudged sweeps.*rates 0\.3, 0\.2, falling along a cosine; 20/,
    );
    expect(describePreset('fast-3')).to.include('500-500-500 hidden units and a softmax read-out; 4 free');
  });

  it('train on the first 50,000 examples of MNIST, as the authors did, on all of another set', () => {
    const options = { preset: 'paper-1', seed: 0 } as const;
    expect(settingsOf(options, 60_000).examples).to.equal(50_000);
    expect(settingsOf(options, 1000).examples).to.equal(1000);
    expect(settingsOf({ ...options, examples: 60_000 }, 60_000).examples).to.equal(60_000);
  });
});
