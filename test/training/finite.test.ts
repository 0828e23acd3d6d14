import { expect } from 'chai';
import { PIECE_BYTES } from '../../lib/pieces.js';
import { findNotFinite } from '../../lib/training/finite.js';
import { turnsDuring } from '../support.js';

describe('findNotFinite', () => {
  const large = new Float32Array(PIECE_BYTES / 2);

  it('names the first array with a number that is not finite, wherever it stands', async () => {
    for (const [value, at] of [
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, large.length - 1],
      [Number.NEGATIVE_INFINITY, PIECE_BYTES / 8],
    ]) {
      const wrong = new Float64Array(large.length);
      wrong[at] = value;
      expect(
        await findNotFinite([
          ['a', large],
          ['b', wrong],
          ['c', wrong],
        ]),
      ).to.deep.equal({ name: 'b', value, index: at });
    }
  });

  it('finds none where all are, and does not hold the thread up', async () => {
    expect(await findNotFinite([])).to.equal(undefined);
    expect(
      await findNotFinite([
        ['a', large],
        ['b', Float64Array.of(5e-324, -1.7976931348623157e308)],
      ]),
    ).to.equal(undefined);
    expect(await turnsDuring(() => findNotFinite([['a', large]]))).to.be.at.least(3);
  });
});
