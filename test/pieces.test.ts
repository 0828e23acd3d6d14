import { expect } from 'chai';
import { pieces } from '../lib/pieces.js';
import { turnsDuring } from './support.js';

describe('pieces', () => {
  it('cover everything once, in order', async () => {
    for (const [length, piece] of [
      [10, 3],
      [9, 3],
      [2, 3],
      [0, 3],
    ]) {
      let end = 0;
      for await (const [from, to] of pieces(length, piece)) {
        expect(from).to.equal(end);
        expect(to - from).to.be.within(1, piece);
        end = to;
      }
      expect(end).to.equal(length);
    }
  });

  it('let others have the thread in between', async () => {
    const all = async () => {
      for await (const _ of pieces(50, 1));
    };
    expect(await turnsDuring(all)).to.be.at.least(49);
  });
});
