import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tensor, writeSafetensors } from '../../lib/files/safetensors.js';
import { inFolder } from '../torture/folder.js';

/** A safetensors file with a checksum that matches, whatever else is wrong with what it holds. */
export function written(tensors: ReadonlyMap<string, Tensor>, metadata: Record<string, string>): Promise<Uint8Array> {
  return inFolder(async (dir) => {
    const path = join(dir, 'file');
    await writeSafetensors(path, tensors, metadata);
    return readFile(path);
  });
}

export function floats(shape: readonly number[], value = 0.25): Tensor {
  return { dtype: 'F32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value) };
}
