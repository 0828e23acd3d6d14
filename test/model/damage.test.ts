import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeSafetensors, readSafetensors } from '../../lib/files/safetensors.js';
import { hopfield, Model } from '../../lib/index.js';
import { readModelFile } from '../../lib/model/file.js';
import { expectRejects, fingerprint } from '../support.js';

describe('a saved model', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eqprop-'));
    path = join(folder, 'model.safetensors');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is found out to be damaged by any bit that flips and wherever it is cut off', async () => {
    const model = hopfield([2, 2, 1], { seed: 1, threads: 1, output: { activation: 'linear', range: [-1, 2] } });
    await model.save(path);
    const good = await readFile(path);
    await readModelFile(path);
    const unnoticed: string[] = [];
    const holds = async (what: string, changed: Uint8Array) => {
      await writeFile(path, changed);
      const error = await readModelFile(path).catch((e) => e);
      if (error?.code !== 'ERR_DATA') unnoticed.push(what);
    };
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const changed = Buffer.from(good);
      changed[bit >> 3] ^= 1 << (bit & 7);
      await holds(`bit ${bit}`, changed);
    }
    for (let length = 0; length < good.length; length++) await holds(`length ${length}`, good.subarray(0, length));
    expect(unnoticed).to.deep.equal([]);
  }).timeout(120_000);

  it('is read without a checksum of its header, and without any, as earlier versions and other programs write it', async () => {
    const model = hopfield([2, 2, 1], { seed: 1, threads: 1 });
    await model.save(path);
    const { tensors, metadata } = await readSafetensors(path);
    const { sha256 = '', 'sha256-header': _, ...plain } = Object.fromEntries(metadata);
    for (const sums of [{ sha256 }, {}] as Record<string, string>[]) {
      await writeFile(path, Buffer.concat(encodeSafetensors(tensors, { ...plain, ...sums })));
      const same = await Model.load(path, { threads: 1 });
      expect(fingerprint(same)).to.equal(fingerprint(model));
      same.dispose();
    }
    await writeFile(path, Buffer.concat(encodeSafetensors(tensors, { ...plain, sha256, 'sha256-heades': sha256 })));
    await expectRejects(Model.load(path), 'ERR_DATA', path, "'sha256-heades'");
    model.dispose();
  });
});
