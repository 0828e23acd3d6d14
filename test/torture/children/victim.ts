/** A worker that uses all of the package until it is terminated. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { centered, dataset, euler, hopfield, Model, sgd } from '../../../lib/index.js';
import { Random } from '../../../lib/random.js';
import { floats } from '../../support.js';

const { seed, dir } = workerData as { seed: number; dir: string };
const random = new Random(seed);
const count = 40;
const data = dataset({ inputs: floats(count * 30, 1), shape: [30], labels: new Uint32Array(count), classes: 10 });
const input = floats(20 * 30, 2);
const phases = { free: euler({ iterations: 10 }), nudged: euler({ iterations: 4 }) };
const estimator = centered({ beta: 0.5, ...phases });
const fit = { epochs: 5, batchSize: 10, estimator, optimizer: sgd({ learningRate: 0.01, momentum: 0.5 }) };

/** One thing after the other, sometimes several at once. */
async function live(): Promise<void> {
  const path = join(mkdtempSync(join(dir ?? tmpdir(), 'victim-')), 'model.safetensors');
  parentPort?.postMessage('alive');
  for (;;) {
    const model = hopfield([30, 20 + random.below(40), 10], { engine: 'native', threads: 1 + random.below(3) });
    const acts = [
      () => model.fit(data, { ...fit, start: 'persistent' }),
      () => model.settle({ input, dynamics: euler({ iterations: 1 + random.below(20_000) }) }),
      () => model.gradient({ input, target: floats(200, 3) }, estimator),
      () => model.predict(input),
      () => model.evaluate(data),
      () =>
        model
          .save(path)
          .then(() => Model.load(path))
          .then((copy) => copy.dispose()),
    ];
    const some = Array.from({ length: 1 + random.below(3) }, () => acts[random.below(acts.length)]());
    const ends = Promise.allSettled(some);
    if (random.uniform() < 0.3) model.dispose(); // while they run
    await ends;
    if (random.uniform() < 0.7) model.dispose();
  }
}

live();
