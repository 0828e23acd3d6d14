import { expect } from 'chai';
import { describe as inWords } from '../lib/check.js';
import { printable } from '../lib/printable.js';

describe('what was given, in a sentence', () => {
  it('stands on one line, in its order, and gives a terminal no orders', () => {
    expect(inWords('a\nb\r\t\0\u001b[31m\u009b\u2028\u202e\u2066\u200f\u061c\ufeff')).to.equal("'a�b����[31m�������'");
    expect(printable('blue, grün, 青, 𝄞 and ‘quotes’')).to.equal('blue, grün, 青, 𝄞 and ‘quotes’');
  });

  it('is cut off where it is long', () => {
    expect(inWords('x'.repeat(60))).to.equal(`'${'x'.repeat(60)}'`);
    expect(inWords('x'.repeat(61))).to.equal(`'${'x'.repeat(60)}…'`);
    expect(printable('\n'.repeat(1e6))).to.equal(`${'�'.repeat(500)}…`);
  });
});
