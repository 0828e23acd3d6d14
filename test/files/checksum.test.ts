import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { checksum } from '../../lib/files/checksum.js';
import { PIECE_BYTES } from '../../lib/pieces.js';
import { turnsDuring } from '../support.js';

describe('checksum', () => {
  const bytes = Uint8Array.from({ length: 5 * PIECE_BYTES + 17 }, (_, i) => (i * 31) % 251);
  const whole = createHash('sha256').update(bytes).digest('hex');

  it('is the SHA-256 of all chunks, however long each is', async () => {
    expect(await checksum([bytes])).to.equal(whole);
    expect(await checksum([bytes.subarray(0, 3), new Uint8Array(0), bytes.subarray(3)])).to.equal(whole);
    expect(await checksum([])).to.equal(createHash('sha256').digest('hex'));
  });

  it('does not hold the thread up', async () => {
    expect(await turnsDuring(() => checksum([bytes]))).to.be.at.least(5);
    const chunks = Array.from({ length: 50 }, (_, i) =>
      bytes.subarray((i * bytes.length) / 50, ((i + 1) * bytes.length) / 50),
    );
    expect(await turnsDuring(() => checksum(chunks))).to.be.at.least(4);
  });
});
