/**
 * Saves two numbered checkpoints, says `ready` and which thread has written them, and saves a third one when it is told to.
 * Says then how that went, closes the folder if it is told to, and ends when it is told to. Arguments: the folder, and how many numbers of 4 bytes.
 */

import { readdirSync } from 'node:fs';
import { stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { CheckpointFolder } from '../../../lib/training/checkpoint-folder.js';
import { numbered } from '../numbered.js';

const threads = (): string[] => (process.platform === 'linux' ? readdirSync('/proc/self/task') : []);

async function main(): Promise<void> {
  process.on('SIGXFSZ', () => {}); // a write beyond the limit then fails with EFBIG
  const lines = createInterface({ input: stdin })[Symbol.asyncIterator]();
  const before = new Set(threads());
  const folder = await CheckpointFolder.open(process.argv[2], 2);
  const size = Number(process.argv[3]);
  for (const number of [1, 2]) await folder.save(numbered(number, size));
  const writers = threads().filter((thread) => !before.has(thread));
  console.log(JSON.stringify({ ready: true, writers }));
  await lines.next();
  const error = await folder.save(numbered(3, size)).catch((error) => error);
  console.log(error instanceof Error ? JSON.stringify({ ...error, message: error.message }) : '{}');
  const { value } = await lines.next();
  if (value === 'close') {
    await folder.close();
    console.log('{}');
    await lines.next();
  }
  process.exit();
}

main();
