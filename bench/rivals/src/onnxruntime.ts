/**
 * onnxruntime-node on the CPU, in two forms. `unrolled`: one session for all steps, every iteration in the graph; the
 * weights are inputs, so the library packs them anew for each product. `rebuilt`: a session for each step, whose free
 * phase is a loop over a join that is constant and packed once; what a session costs has to come in again.
 */

import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { type Packed, Star } from '../../../dist/bench/star.js';
import { type Rival, serve } from './rival.js';
import { CONSTANT, PARAMETERS, shapesOf, stepGraph } from './step-graph.js';
import type { Task } from './wire.js';

async function start(task: Task): Promise<Rival> {
  const { batch, threads, form } = task;
  const star = new Star(task.case);
  const isRebuilt = form === 'rebuilt';
  const model = stepGraph(star, task, isRebuilt);
  const floats = (data: Float32Array, shape: readonly number[]) => new Tensor('float32', data, [...shape]);
  const shapes = shapesOf(star);
  const packed = star.pack(task.parameters);
  let current: Record<string, Tensor> = Object.fromEntries(
    PARAMETERS.map((name) => [name, floats(packed[name], shapes[name])]),
  );
  const batches = task.batches.map(({ inputs, targets }) => ({
    x: floats(inputs, [batch, star.inputs]),
    pull: floats(star.pull(targets, batch), [batch, star.isOutputHub ? star.hub : star.rim]),
  }));
  const session = () =>
    InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
      graphOptimizationLevel: isRebuilt ? 'disabled' : 'all', // it would take longer than it saves in one step
      ...(isRebuilt && { externalData: [{ path: CONSTANT, data: bytesOf(current.join) }] }),
    });
  const lasting = isRebuilt ? undefined : await session();

  return {
    version: env.versions.node ?? 'unknown',
    async step(index, wantsStates) {
      const running = lasting ?? (await session());
      const wanted = PARAMETERS.map((name) => `${name}Next`);
      const results = await running.run(
        { ...batches[index], ...current },
        wantsStates ? [...wanted, 'rim', 'hub'] : wanted,
      );
      if (isRebuilt) await running.release();
      current = Object.fromEntries(PARAMETERS.map((name) => [name, results[`${name}Next`]]));
      if (!wantsStates) return undefined;
      return star.layers(results.rim.data as Float32Array, results.hub.data as Float32Array, batch);
    },
    async parameters() {
      const found = Object.fromEntries(PARAMETERS.map((name) => [name, current[name].data as Float32Array]));
      return star.unpack(found as unknown as Packed);
    },
  };
}

function bytesOf({ data }: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

serve(start);
