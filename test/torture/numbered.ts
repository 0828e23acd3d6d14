import type { Checkpoint } from '../../lib/training/checkpoint.js';
import { CheckpointFolder } from '../../lib/training/checkpoint-folder.js';
import { recordOf } from '../../lib/training/history.js';

const EPOCHS = 100;
const EXAMPLES = 8;
const FREE_UNITS = 3;

/** A checkpoint of all that there may be in one, which says which one it is: as the seed, in the history, and in each number
 * of its tensors. */
export function numbered(number: number, size = 2): Checkpoint {
  const metrics = { error: 0.5, cost: number, energy: -number };
  const values = () => new Map([['dense1.weight', new Float32Array(size).fill(number)]]);
  return {
    position: {
      epoch: EPOCHS + 1,
      totals: { examples: 0, wrong: 0, energy: 0, cost: 0 },
      seconds: 0,
      random: [1, 2, 3, 4],
      seed: number,
      history: Array.from({ length: EPOCHS }, (_, i) => recordOf(i + 1, metrics, 0.1, metrics)),
    },
    setting: {
      examples: EXAMPLES,
      data: 'any',
      batchSize: 4,
      estimator: 'any',
      shuffle: true,
      start: 'persistent',
      momentum: 0.5,
      keepBest: 'error',
    },
    parameters: values(),
    velocity: values(),
    best: values(),
    kept: {
      states: new Float32Array(EXAMPLES * FREE_UNITS).fill(number),
      visited: new Uint8Array(EXAMPLES).fill(1),
    },
  };
}

/** What a folder holds: the number of its newest, undefined where there is none or it is another's; and which were damaged. */
export async function numberIn(folder: CheckpointFolder): Promise<{ number: number | undefined; damaged: string[] }> {
  const damaged: string[] = [];
  const found = await folder.newest(({ message }) => void damaged.push(message));
  const number = found?.position.seed;
  const tensors = [found?.parameters, found?.velocity, found?.best].map((values) => values?.get('dense1.weight'));
  const isWhole =
    [...tensors, found?.kept?.states].every((values) => values?.every((value) => value === number)) &&
    found?.position.history.every(({ cost }) => cost === number);
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
