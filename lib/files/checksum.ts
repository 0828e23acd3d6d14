import { createHash } from 'node:crypto';
import { PIECE_BYTES, pieces } from '../pieces.js';

/** The SHA-256 of chunks, one after the other, in hexadecimal. They must not change meanwhile. */
export async function checksum(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  const lengths = chunks.map(({ length }) => length);
  for await (const { which, from, to } of pieces(lengths, PIECE_BYTES)) hash.update(chunks[which].subarray(from, to));
  return hash.digest('hex');
}
