import { expect } from 'chai';
import { dataset } from '../../lib/data/dataset.js';
import { fingerprintOf } from '../../lib/data/fingerprint.js';

const inputs = Uint8Array.from({ length: 3000 }, (_, i) => i % 251);
const labels = Uint32Array.from({ length: 1000 }, (_, i) => i % 7);
const weights = Float32Array.from({ length: 1000 }, (_, i) => i);
const options = { inputs, shape: [3], labels, weights };

describe('a fingerprint', () => {
  it('is that of the same data elsewhere in memory, in arrays of other classes', () => {
    const far = new Uint8Array(8000);
    far.set(inputs, 17);
    for (const same of [far.subarray(17, 3017), Buffer.from(inputs)]) {
      expect(fingerprintOf(dataset({ ...options, inputs: same }))).to.equal(fingerprintOf(dataset(options)));
    }
  });

  it('is another for other inputs, labels, targets, weights, shapes, scales, orders', () => {
    const targets = Float32Array.from({ length: 1000 }, (_, i) => i % 7);
    const all = [
      options,
      { ...options, inputs: inputs.toReversed() },
      { ...options, inputs: Float32Array.from(inputs) },
      { ...options, shape: [1, 3] },
      { ...options, scale: 1 / 256 },
      { ...options, classes: 8 },
      { ...options, labels: labels.toReversed() },
      { ...options, weights: weights.toReversed() },
      { ...options, weights: undefined },
      { ...options, labels: undefined, targets },
      { ...options, labels: undefined, targets: targets.toReversed() },
    ];
    const found = all.map((each) => fingerprintOf(dataset(each)));
    expect(new Set(found).size).to.equal(all.length);
    expect(found.every((print) => /^[0-9a-f]{64}$/.test(print))).to.equal(true);
  });

  it('looks at the first example and at the last, and at all of few', () => {
    const print = (change: (bytes: Uint8Array) => void, count = 1000) => {
      const bytes = inputs.slice(0, 3 * count);
      change(bytes);
      return fingerprintOf(dataset({ inputs: bytes, shape: [3], labels: labels.slice(0, count) }));
    };
    const same = print(() => {});
    for (const at of [0, 2999]) expect(print((bytes) => bytes[at]++)).not.to.equal(same);
    const few = print(() => {}, 200);
    for (let at = 0; at < 600; at++) expect(print((bytes) => bytes[at]++, 200)).not.to.equal(few);
    expect(print(() => {}, 1)).to.equal(print(() => {}, 1));
  });
});
