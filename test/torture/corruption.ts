import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataset, euler, hopfield, positive, sgd } from '../../lib/index.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { inFolder } from './folder.js';
import { withFolder } from './numbered.js';
import type { Scenario } from './scenario.js';

/** Every place at which a small checkpoint can be damaged: each bit flipped, each length that it can be cut to. */
function* damages(bytes: Uint8Array): Generator<{ what: string; changed: Uint8Array }> {
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3] ^= 1 << (bit & 7);
    yield { what: `bit ${bit} flipped`, changed };
  }
  for (let length = 0; length < bytes.length; length++) {
    yield { what: `cut off after ${length} bytes`, changed: bytes.subarray(0, length) };
  }
}

export const corruption: Scenario = {
  what: 'every single bit of a checkpoint flipped, every truncation: found out, and the checkpoint before it is taken',
  rounds: Number.POSITIVE_INFINITY,
  quick: 300,
  run: (rounds, random) =>
    inFolder(async (dir) => {
      const model = hopfield([2, 1], { seed: 1, threads: 1 });
      const data = dataset({ inputs: Float32Array.of(0, 1, 1, 0), shape: [2], labels: [0, 0], classes: 1 });
      const dynamics = euler({ iterations: 3 });
      const estimator = positive({ beta: 1, free: dynamics, nudged: dynamics });
      await model.fit(data, { epochs: 2, estimator, optimizer: sgd({ learningRate: 0.1 }), checkpoint: { dir } });
      model.dispose();
      const newest = join(dir, 'checkpoint-00000002.safetensors');
      const before = await readCheckpoint(join(dir, 'checkpoint-00000001.safetensors'));
      const all = [...damages(await readFile(newest))];
      const failures: string[] = [];
      const tried = Number.isFinite(rounds) ? Array.from({ length: rounds }, () => all[random.below(all.length)]) : all;
      for (const { what, changed } of tried) {
        await writeFile(newest, changed);
        let detected = 0;
        const taken = await withFolder(dir, (folder) => folder.newest(() => detected++));
        if (detected === 0) failures.push(`${what}: not noticed`);
        else if (taken?.position.epoch !== before.position.epoch) failures.push(`${what}: no fallback`);
      }
      return { failures, figures: { damages: tried.length, detected: tried.length - failures.length } };
    }),
};
