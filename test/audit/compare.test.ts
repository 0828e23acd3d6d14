import { expect } from 'chai';
import { compare } from '../../lib/audit/compare.js';

describe('compare', () => {
  it('counts signs of what is more than rounding beside the largest number of all', () => {
    const reference = { resting: Float64Array.of(5e-17, -7e-18), moving: Float64Array.of(1, -2, 0) };
    const estimate = { resting: Float64Array.of(0, 0), moving: Float64Array.of(1, 2, 3) };
    const { parameters, all } = compare(estimate, reference);
    expect(parameters.resting.signAgreement).to.equal(1);
    expect([parameters.moving.signAgreement, all.signAgreement]).to.deep.equal([0.5, 0.5]);
    expect(parameters.resting.cosine).to.equal(0);
  });
});
