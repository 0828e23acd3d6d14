import { expect } from 'chai';
import { ACTIVATIONS, activations } from '../../lib/energy/activation.js';
import { divide, exponential, logarithm, multiply } from '../../lib/energy/complex.js';
import { Random } from '../../lib/random.js';
import { draw, expectAnalytic, expectClose, slope } from './numeric.js';

describe('activations', () => {
  for (const name of ACTIVATIONS) {
    const { value, slope: first, curve, complex } = activations[name];

    it(`${name}: its derivatives are its differences`, () => {
      for (const s of draw(new Random(1), 20, -4, 4)) {
        const at = Float64Array.of(s);
        expectClose(
          first(s),
          slope(at, 0, () => value(at[0])),
        );
        expectClose(
          curve(s),
          slope(at, 0, () => first(at[0])),
        );
      }
    });

    if (!complex) continue;
    it(`${name}: is analytic, and the same on real states of any size`, () => {
      for (const s of [...draw(new Random(2), 20, -4, 4), 0, -0, 800, -800]) {
        expect(complex.value([s, 0])[0]).to.be.closeTo(value(s), 1e-15 * (1 + Math.abs(s)));
        expect(complex.value([s, 0])[1]).to.be.closeTo(0, 0);
        expect(complex.slope([s, 0])[0]).to.be.closeTo(first(s), 1e-15);
      }
      const z = { re: draw(new Random(3), 5, -2, 2), im: draw(new Random(4), 5) };
      for (const f of [complex.value, complex.slope]) {
        const all = () => {
          const values = [...z.re].map((re, k) => f([re, z.im[k]]));
          return { re: Float64Array.from(values, ([re]) => re), im: Float64Array.from(values, ([, im]) => im) };
        };
        expectAnalytic(z, all, name);
      }
      const k = Float64Array.of(0.3);
      expectClose(
        complex.slope([0.3, 0.7])[0],
        slope(k, 0, () => complex.value([k[0], 0.7])[0]),
      );
    });
  }
});

describe('complex numbers', () => {
  it('multiply and divide, take exponentials and logarithms', () => {
    expect(multiply([1, 2], [3, 4])).to.deep.equal([-5, 10]);
    expect(divide([-5, 10], [3, 4])).to.deep.equal([1, 2]);
    const [re, im] = logarithm(exponential([0.3, -2]));
    expect([re, im].map((x) => x.toFixed(12))).to.deep.equal(['0.300000000000', '-2.000000000000']);
  });
});
