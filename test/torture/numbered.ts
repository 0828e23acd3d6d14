import type { Checkpoint } from '../../lib/training/checkpoint.js';
import { CheckpointFolder } from '../../lib/training/checkpoint-folder.js';

/** A checkpoint that says which one it is, as the seed and in each of its numbers. */
export function numbered(number: number, size = 2): Checkpoint {
  return {
    position: {
      epoch: 1,
      totals: { examples: 0, wrong: 0, energy: 0, cost: 0 },
      seconds: 0,
      random: [1, 2, 3, 4],
      seed: number,
      history: [],
    },
    setting: {
      examples: 8,
      data: 'any',
      batchSize: 4,
      estimator: 'any',
      shuffle: true,
      start: 'zero',
      momentum: 0,
      keepBest: 'no',
    },
    parameters: new Map([['dense1.weight', new Float32Array(size).fill(number)]]),
    velocity: undefined,
    best: undefined,
    kept: undefined,
  };
}

/** What a folder holds: the number of its newest, undefined where there is none or it is another's; and which were damaged. */
export async function numberIn(folder: CheckpointFolder): Promise<{ number: number | undefined; damaged: string[] }> {
  const damaged: string[] = [];
  const found = await folder.newest(({ message }) => void damaged.push(message));
  const number = found?.position.seed;
  const isWhole = found?.parameters.get('dense1.weight')?.every((value) => value === number);
  return { number: isWhole ? number : undefined, damaged };
}

/** Works on a folder of two checkpoints, and lets go of it. */
export async function withFolder<T>(path: string, work: (folder: CheckpointFolder) => Promise<T> | T): Promise<T> {
  const folder = await CheckpointFolder.open(path, 2);
  try {
    return await work(folder);
  } finally {
    await folder.close();
  }
}
