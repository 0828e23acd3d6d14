/** Plain JavaScript: the hand-written loops of ../../loops.ts. */

import { HandWrittenLoops } from '../../../dist/bench/loops.js';
import { serve } from './rival.js';

serve(async ({ case: benchCase, batch, parameters, batches }) => {
  const loops = new HandWrittenLoops(benchCase);
  loops.load(parameters);
  const doubles = batches.map(({ inputs, targets }) => [Float64Array.from(inputs), Float64Array.from(targets)]);
  return {
    version: process.version,
    async step(index) {
      const [inputs, targets] = doubles[index];
      return loops.step(inputs, targets, batch).map((states) => Float32Array.from(states));
    },
    parameters: async () => loops.parameters(),
  };
});
