import { expect } from 'chai';
import { pieces } from '../lib/pieces.js';
import { turnsDuring } from './support.js';

describe('pieces', () => {
  it('cover all arrays once, in order', async () => {
    for (const lengths of [[10], [9], [2], [0], [], [1, 0, 1, 7, 3, 3, 2]]) {
      const seen = lengths.map(() => 0);
      let last = 0;
      for await (const { which, from, to } of pieces(lengths, 3)) {
        expect(which).to.be.at.least(last);
        expect(from).to.equal(seen[which]);
        expect(to - from).to.be.within(1, 3);
        seen[which] = to;
        last = which;
      }
      expect(seen).to.deep.equal(lengths);
    }
  });

  for (const [what, lengths] of [
    ['of one array', [50]],
    ['of many small ones', Array.from({ length: 100 }, () => 0.5)],
  ] as const) {
    it(`let others have the thread in between: ${what}`, async () => {
      const all = async () => {
        for await (const _ of pieces(lengths, 1));
      };
      expect(await turnsDuring(all)).to.be.within(49, 60);
    });
  }
});
