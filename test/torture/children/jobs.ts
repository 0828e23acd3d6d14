/** Trains several models at once, some of them in workers, after each alone; tells whose bits differ, and how late a timer of
 * this thread was meanwhile. */

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  centered,
  coordinateDescent,
  dataset,
  euler,
  hopfield,
  nativeBytes,
  setThreadLimit,
  sgd,
} from '../../../lib/index.js';
import { fingerprint, floats } from '../../support.js';
import { report, settingsOfChild } from '../child.js';

const COUNT = 400;
const EPOCHS = 20;

/** A training that is ready to begin, and tells its bits; each seed has a network of its own form. */
type Ready = () => Promise<string>;

function prepare(seed: number): Ready {
  const hidden = [[300], [120, 60], [500], [64, 64, 64]][seed % 4];
  const model = hopfield([100, ...hidden, 10], { seed, engine: 'native', threads: 2 + (seed % 3) });
  const dynamics = seed % 2 === 0 ? euler : coordinateDescent;
  const phases = { free: dynamics({ iterations: 20 }), nudged: dynamics({ iterations: 4 }) };
  const labels = Uint32Array.from({ length: COUNT }, (_, e) => (e * 7) % 10);
  const data = dataset({ inputs: floats(COUNT * 100, seed), shape: [100], labels, classes: 10 });
  const optimizer = sgd({ learningRate: 0.02 });
  return async () => {
    await model.fit(data, { epochs: EPOCHS, batchSize: 20, estimator: centered({ beta: 0.5, ...phases }), optimizer });
    const print = fingerprint(model);
    model.dispose();
    return print;
  };
}

async function prepareInWorker(seed: number): Promise<Ready> {
  const worker = new Worker(__filename, { workerData: seed });
  await once(worker, 'message');
  return async () => {
    worker.postMessage('begin');
    const [print] = await once(worker, 'message');
    await worker.terminate();
    return print;
  };
}

const p99 = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;

/** How late a 10 ms timer is, in milliseconds, until it is stopped. */
function lateness(): () => number[] {
  const late: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    late.push(now - last - 10);
    last = now;
  }, 10);
  return () => {
    clearInterval(timer);
    return late;
  };
}

async function main(): Promise<void> {
  const { rounds, jobs, limit } = settingsOfChild<{ rounds: number; jobs: number; limit: number }>();
  setThreadLimit(limit);
  const seeds = Array.from({ length: jobs }, (_, seed) => seed);
  const single = seeds.map(prepare);
  const stopIdle = lateness();
  await pause(500);
  const idle = p99(stopIdle()); // what the machine itself does
  const started = performance.now();
  const alone: string[] = [];
  for (const train of single) alone.push(await train());
  const secondsAlone = (performance.now() - started) / 1000;
  const failures: string[] = [];
  const late: number[] = [];
  let secondsTogether = 0;
  for (let round = 0; round < rounds; round++) {
    const all = await Promise.all(seeds.map((seed) => (seed % 2 === 0 ? prepare(seed) : prepareInWorker(seed))));
    const stop = lateness();
    const begun = performance.now();
    const together = await Promise.all(all.map((train) => train()));
    secondsTogether += (performance.now() - begun) / 1000;
    late.push(...stop());
    seeds
      .filter((seed) => together[seed] !== alone[seed])
      .forEach((seed) => void failures.push(`job ${seed} has other bits than alone`));
  }
  report({
    failures,
    p99: p99(late),
    idle,
    ticks: late.length,
    secondsAlone,
    secondsTogether: secondsTogether / rounds,
    bytes: nativeBytes(),
  });
}

if (isMainThread) main();
else {
  const train = prepare(workerData);
  parentPort?.once('message', async () => parentPort?.postMessage(await train()));
  parentPort?.postMessage('ready');
}
