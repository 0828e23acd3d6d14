import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tensor, writeSafetensors } from '../../lib/files/safetensors.js';
import { inFolder } from '../torture/folder.js';
import { join as joined, u64 } from './format.js';

/** A safetensors file with a checksum that matches, whatever else is wrong with what it holds. */
export function written(tensors: ReadonlyMap<string, Tensor>, metadata: Record<string, string>): Promise<Uint8Array> {
  return inFolder(async (dir) => {
    const path = join(dir, 'file');
    await writeSafetensors(path, tensors, metadata);
    return readFile(path);
  });
}

/** A safetensors file with another header, and the header's checksum as it should be. */
export function rewritten(file: Uint8Array, change: (header: string) => string): Buffer {
  const bytes = Buffer.from(file);
  const end = 8 + Number(bytes.readBigUInt64LE());
  const digits = /(?<="sha256-header":")[0-9a-f]{64}(?=")/;
  const header = change(bytes.toString('latin1', 8, end))
    .trimEnd()
    .replace(digits, '0'.repeat(64));
  const padded = header.padEnd(8 * Math.ceil(header.length / 8));
  const start = u64(BigInt(padded.length));
  const sum = createHash('sha256').update(start).update(padded, 'latin1').digest('hex');
  return joined(start, padded.replace(/(?<="sha256-header":")0{64}(?=")/, sum), bytes.subarray(end));
}

export function floats(shape: readonly number[], value = 0.25): Tensor {
  return { dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
}
