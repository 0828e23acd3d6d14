/** Starts workers and terminates them at random times, a few at once; tells whether anything is left of them. */

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { nativeBytes } from '../../../lib/index.js';
import { Random } from '../../../lib/random.js';
import { report, settingsOfChild } from '../child.js';

const AT_ONCE = 3;

async function terminate(seed: number, dir: string): Promise<number> {
  const random = new Random(seed);
  const worker = new Worker(join(__dirname, 'victim.js'), { workerData: { seed, dir } });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  // Some before they have even loaded the package.
  if (random.uniform() < 0.8) await Promise.race([once(worker, 'message'), failed]);
  await pause(random.uniform() * 40);
  const asked = performance.now();
  await Promise.race([worker.terminate(), failed]);
  return performance.now() - asked;
}

async function main(): Promise<void> {
  const { rounds, seed, dir } = settingsOfChild<{ rounds: number; seed: number; dir: string }>();
  nativeBytes(); // loads the addon
  await Promise.all(Array.from({ length: 8 }, () => stat(__filename))); // starts libuv's threads
  const threads = readdirSync('/proc/self/task').length;
  let next = 0;
  let longest = 0;
  const lane = async () => {
    while (next < rounds) longest = Math.max(longest, await terminate(seed + next++, dir));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (let i = 0; i < 100 && readdirSync('/proc/self/task').length > threads; i++) await pause(10);
  const left = readdirSync('/proc/self/task').length - threads;
  report({ terminated: next, bytes: nativeBytes(), threads: left, longestMilliseconds: Math.round(longest) });
}

main();
