/** Saves numbered checkpoints until it is killed, and tells each once it has been saved. Argument: the folder. */

import { writeSync } from 'node:fs';
import { CheckpointFolder } from '../../../lib/training/checkpoint-folder.js';
import { numbered, numberIn } from '../numbered.js';

/** Numbers of 4 bytes: from what one write takes to what takes many milliseconds. */
const SIZES = [10, 1_000, 30_000, 300_000];

async function main(): Promise<void> {
  const folder = await CheckpointFolder.open(process.argv[2], 2);
  const { number = 0, damaged } = await numberIn(folder);
  for (const sentence of damaged) console.error(sentence);
  for (let next = number + 1; ; next++) {
    await folder.save(numbered(next, SIZES[next % SIZES.length]));
    writeSync(1, `${next}\n`);
  }
}

main();
