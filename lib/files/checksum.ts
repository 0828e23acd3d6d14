import { createHash } from 'node:crypto';
import { PIECE_BYTES, pieces } from '../pieces.js';

/** The SHA-256 of chunks, one after the other, in hexadecimal. They must not change meanwhile. */
export async function checksum(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  for (const chunk of chunks) {
    for await (const [from, to] of pieces(chunk.length, PIECE_BYTES)) hash.update(chunk.subarray(from, to));
  }
  return hash.digest('hex');
}
