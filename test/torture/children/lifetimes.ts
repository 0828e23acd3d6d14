/** Creates, trains and disposes of models, or leaves them to the garbage collector; tells what is left of them. */

import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { centered, dataset, euler, hopfield, nativeBytes, sgd } from '../../../lib/index.js';
import { floats, waitingFor } from '../../support.js';
import { report, settingsOfChild } from '../child.js';

const data = dataset({ inputs: floats(8 * 50, 1), shape: [50], labels: [0, 1, 2, 3, 4, 5, 6, 7], classes: 10 });
const phases = { free: euler({ iterations: 2 }), nudged: euler({ iterations: 2 }) };
const options = {
  epochs: 1,
  batchSize: 8,
  estimator: centered({ beta: 0.5, ...phases }),
  optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }),
  start: 'persistent' as const,
  /** One for all lives, as a service has one for its own. */
  signal: new AbortController().signal,
};

async function life(seed: number, leaveIt: boolean): Promise<void> {
  const model = hopfield([50, 60, 10], { seed, engine: 'native', threads: 2 });
  await model.fit(data, options);
  if (!leaveIt) model.dispose();
}

const threadsOfProcess = () => readdirSync('/proc/self/task').length;

/** Collects until nothing more goes: finalizers run in turns of the loop. */
async function collect(): Promise<void> {
  for (let i = 0; i < 20 && (i < 3 || nativeBytes() > 0); i++) {
    global.gc?.();
    await nextTurn();
  }
}

async function main(): Promise<void> {
  const { rounds, left } = settingsOfChild<{ rounds: number; left: number }>();
  const found = { bytes: 0, mostBytes: 0, threads: 0, growth: 0, waiting: 0, rounds };
  let [resident, threads] = [0, 0];
  const warm = Math.ceil(rounds / 5);
  for (let round = 0; round < rounds; round++) {
    if (round === warm) {
      await collect();
      [resident, threads] = [process.memoryUsage.rss(), threadsOfProcess()];
    }
    await life(round, round % left === 0);
    found.mostBytes = Math.max(found.mostBytes, nativeBytes());
  }
  await collect();
  found.bytes = nativeBytes();
  found.waiting = waitingFor(options.signal);
  found.threads = threadsOfProcess() - threads;
  found.growth = process.memoryUsage.rss() - resident;
  report(found);
}

main();
