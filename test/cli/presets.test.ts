import { expect } from 'chai';
import { ESTIMATORS, PRESETS, type Preset } from '../../lib/cli/presets.js';
import { settingsOf } from '../../lib/cli/settings.js';

describe('presets', () => {
  const presets: [string, Preset][] = Object.entries(PRESETS);

  for (const [name, { hidden, rates, estimator, beta, free, nudged }] of presets) {
    it(`${name} has a learning rate for each layer, and an estimator`, () => {
      expect(rates).to.have.length(hidden.length + 1);
      expect(ESTIMATORS[estimator]({ beta, free, nudged }).programs).to.have.length(2);
    });
  }

  it('train on the first 50,000 examples of MNIST, as the authors did, on all of another set', () => {
    const options = { preset: 'paper-1', seed: 0 } as const;
    expect(settingsOf(options, 60_000).examples).to.equal(50_000);
    expect(settingsOf(options, 1000).examples).to.equal(1000);
    expect(settingsOf({ ...options, examples: 60_000 }, 60_000).examples).to.equal(60_000);
  });
});
