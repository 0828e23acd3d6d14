/** This package itself, as its users call it. */

import { type Case, modelOf, trainingOf } from '../../../dist/bench/cases.js';
import { layeredOf, outcomeOf, setLayered } from '../../../dist/bench/outcome.js';
import { type Dataset, dataset } from '../../../dist/lib/index.js';
import { serve } from './rival.js';
import type { Task } from './wire.js';

/** The batches, again and again, as a data set of bytes: what images are before they become floats. */
function repeated({ case: { sizes }, batch, batches }: Task, steps: number): Dataset {
  const classes = sizes[sizes.length - 1];
  const inputs = new Uint8Array(steps * batch * sizes[0]);
  const labels = new Uint32Array(steps * batch);
  for (let i = 0; i < steps; i++) {
    const { inputs: pixels, targets } = batches[i % batches.length];
    inputs.set(
      pixels.map((x) => 256 * x),
      i * pixels.length,
    );
    for (let e = 0; e < batch; e++) labels[i * batch + e] = targets.indexOf(1, e * classes) - e * classes;
  }
  return dataset({ inputs, shape: [sizes[0]], scale: 1 / 256, labels, classes });
}

const { version }: { version: string } = require('../../../package.json');

serve(async (task) => {
  const benchCase: Case = task.case;
  const model = modelOf(benchCase, { engine: 'native', threads: task.threads });
  setLayered(model, task.parameters);
  const training = { ...trainingOf(benchCase), epochs: 1, batchSize: task.batch, shuffle: false } as const;
  let prepared = repeated(task, 1);
  return {
    version: `${version} ${model.engine.isa}`,
    async step(index) {
      const { inputs, targets } = task.batches[index];
      const { states } = await outcomeOf(model, benchCase, inputs, targets);
      return states.map((data) => Float32Array.from(data));
    },
    async train(steps) {
      if (prepared.count !== steps * task.batch) prepared = repeated(task, steps);
      const [{ seconds }] = await model.fit(prepared, training);
      return seconds;
    },
    parameters: async () => layeredOf(model),
  };
});
