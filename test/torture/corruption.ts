import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../lib/errors.js';
import { dataset, euler, hopfield, positive, sgd } from '../../lib/index.js';
import { readModelFile } from '../../lib/model/file.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { inFolder } from './folder.js';
import { withFolder } from './numbered.js';
import type { Scenario } from './scenario.js';

/** Every place at which a small file can be damaged: each bit flipped, each length that it can be cut to. */
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

/** A training's two checkpoints, the newer one to be damaged, and the model that it left. */
async function train(dir: string): Promise<{ newest: string; saved: string }> {
  const model = hopfield([2, 1], { seed: 1, threads: 1 });
  const data = dataset({ inputs: Float32Array.of(0, 1, 1, 0), shape: [2], labels: [0, 0], classes: 1 });
  const dynamics = euler({ iterations: 3 });
  const estimator = positive({ beta: 1, free: dynamics, nudged: dynamics });
  const saved = join(dir, 'model.safetensors');
  await model.fit(data, { epochs: 2, estimator, optimizer: sgd({ learningRate: 0.1 }), checkpoint: { dir } });
  await model.save(saved);
  model.dispose();
  return { newest: join(dir, 'checkpoint-00000002.safetensors'), saved };
}

export const corruption: Scenario = {
  what: 'every bit of a checkpoint and a model flipped, every truncation: found out, and the checkpoint before is taken',
  rounds: Number.POSITIVE_INFINITY,
  quick: 300,
  run: (rounds, random) =>
    inFolder(async (dir) => {
      const { newest, saved } = await train(dir);
      const before = await readCheckpoint(join(dir, 'checkpoint-00000001.safetensors'));
      const failures: string[] = [];
      const figures: Record<string, number> = {};

      /** Damages a file, everywhere or at so many places, and asks what became of the damage. */
      const attack = async (name: string, path: string, wrongWith: () => Promise<string | undefined>) => {
        const all = [...damages(await readFile(path))];
        const few = () => Array.from({ length: rounds }, () => all[random.below(all.length)]);
        const tried = Number.isFinite(rounds) ? few() : all;
        const others = failures.length;
        for (const { what, changed } of tried) {
          await writeFile(path, changed);
          const wrong = await wrongWith();
          if (wrong !== undefined) failures.push(`${name}, ${what}: ${wrong}`);
        }
        figures[`damages of a ${name}`] = tried.length;
        figures[`detected of a ${name}`] = tried.length - (failures.length - others);
      };

      await attack('checkpoint', newest, async () => {
        let detected = 0;
        const taken = await withFolder(dir, (folder) => folder.newest(() => detected++));
        if (detected === 0) return 'not noticed';
        return taken?.position.epoch === before.position.epoch ? undefined : 'no fallback';
      });
      await attack('model', saved, async () => {
        const error = await readModelFile(saved).catch((thrown: unknown) => thrown);
        return error instanceof DataError && error.code === 'ERR_DATA' ? undefined : 'not noticed';
      });
      return { failures, figures };
    }),
};
