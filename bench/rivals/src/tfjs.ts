/** TensorFlow.js with its wasm backend, 128-bit SIMD. */

import path from 'node:path';
import type * as Tf from '@tensorflow/tfjs';
import { Star } from '../../../dist/bench/star.js';
import { type Rival, serve } from './rival.js';
import { allowThreads } from './tfjs-threads.js';
import type { Task } from './wire.js';

type Matrix = Tf.Tensor2D;
type Pair = readonly [rim: Matrix, hub: Matrix];

async function start(task: Task): Promise<Rival> {
  const { batch, threads, stepSize } = task;
  if (threads > 1) allowThreads(threads);
  const tf: typeof Tf = require('@tensorflow/tfjs');
  const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = require('@tensorflow/tfjs-backend-wasm');
  const home = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(`${path.join(home, 'dist')}${path.sep}`);
  wasm.setThreadsCount(threads);
  if (threads > 1) tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  await tf.setBackend('wasm');
  await tf.ready();
  if (threads > 1 && wasm.getThreadsCount() !== threads) {
    throw new Error(`the wasm backend was asked for ${threads} threads, but has ${wasm.getThreadsCount()}`);
  }

  const star = new Star(task.case);
  const packed = star.pack(task.parameters);
  // Transposed, so that it is a left factor: to pack the largest weights for a single product took longer than the product.
  let input: Matrix = tf.tensor2d(packed.input, [star.inputs, star.hidden]).transpose();
  let join = tf.tensor2d(packed.join, [star.rim, star.hub]);
  let rimBias = tf.tensor2d(packed.rimBias, [1, star.rim]);
  let hubBias = tf.tensor2d(packed.hubBias, [1, star.hub]);
  const joinRates = tf.tensor2d(star.joinRates, [1, star.rim]).div<Matrix>(batch);
  const rimRates = tf.tensor2d(star.rimRates, [1, star.rim]);
  const nudgedKeeps: Pair = [tf.tensor2d(star.rimKeeps, [1, star.rim]), tf.tensor2d(star.hubKeeps, [1, star.hub])];
  const keep = tf.scalar(1 - stepSize);
  const batches = task.batches.map(({ inputs, targets }) => ({
    x: tf.tensor2d(inputs, [batch, star.inputs]),
    pull: tf.tensor2d(star.pull(targets, batch), [batch, star.isOutputHub ? star.hub : star.rim]),
  }));

  const clip = (matrix: Matrix) => matrix.clipByValue(0, 1) as Matrix;

  /** The weights that carry a drive to the rim and to the hub. Its product packs the right factor once and keeps it so
   * for as long as the tensor lives, but takes a slow path where a factor is to be transposed. */
  function settle(iterations: number, start: Pair, base: Pair, weights: Pair, keeps: readonly Tf.Tensor[]): Pair {
    let states = start;
    const next = (i: 0 | 1) =>
      clip(
        states[i]
          .mul(keeps[i])
          .add(base[i])
          .add<Matrix>(states[1 - i].matMul(weights[i])),
      );
    for (let t = 0; t < iterations; t++) {
      const before = states;
      states = tf.tidy(() => [next(0), next(1)] as [Matrix, Matrix]);
      if (before !== start) tf.dispose([...before]);
    }
    return states;
  }

  function step(index: number) {
    const { x, pull } = batches[index];
    const halved = join.mul<Matrix>(stepSize);
    const weights: Pair = [halved.transpose(), halved];
    const driven = input.matMul<Matrix>(x.transpose()).transpose().mul<Matrix>(stepSize);
    const wide = star.isOutputHub
      ? driven
      : driven.pad([
          [0, 0],
          [0, star.outputs],
        ]);
    const base: Pair = [wide.add<Matrix>(rimBias.mul(stepSize)), hubBias.mul<Matrix>(stepSize).tile([batch, 1])];
    // The first iteration from zero is the drive, clipped.
    const first: Pair = [clip(base[0]), clip(base[1])];
    const rest = settle(task.case.free - 1, first, base, weights, [keep, keep]);
    const nudgedBase: Pair = star.isOutputHub
      ? [base[0], base[1].add<Matrix>(pull)]
      : [base[0].add<Matrix>(pull), base[1]];
    const [rim, hub] = settle(task.case.nudged, rest, nudgedBase, weights, nudgedKeeps);
    const rimMoved = rim.sub<Matrix>(rest[0]);
    const hiddenMoved = star.isOutputHub ? rimMoved : rimMoved.slice([0, 0], [batch, star.hidden]);
    const rims = tf.concat([rim, rest[0]]).mul<Matrix>(joinRates).transpose();
    return {
      input: input.add<Matrix>(
        hiddenMoved
          .mul<Matrix>(star.inputRate / batch)
          .transpose()
          .matMul(x),
      ),
      join: join.add<Matrix>(rims.matMul(tf.concat([hub, rest[1].neg()]))),
      rimBias: rimBias.add<Matrix>(rimMoved.mean(0, true).mul(rimRates)),
      hubBias: hubBias.add<Matrix>(hub.sub(rest[1]).mean(0, true).mul(star.hubRate)),
      rim: rest[0],
      hub: rest[1],
    };
  }

  return {
    version: tf.version.tfjs,
    async step(index, wantsStates) {
      const { rim, hub, ...parameters } = tf.tidy(() => step(index));
      tf.dispose([input, join, rimBias, hubBias]);
      ({ input, join, rimBias, hubBias } = parameters);
      const states = wantsStates
        ? star.layers((await rim.data()) as Float32Array, (await hub.data()) as Float32Array, batch)
        : undefined;
      tf.dispose([rim, hub]);
      return states;
    },
    async parameters() {
      const read = async (tensor: Matrix) => (await tensor.data()) as Float32Array;
      return star.unpack({
        input: await read(input.transpose()),
        join: await read(join),
        rimBias: await read(rimBias),
        hubBias: await read(hubBias),
      });
    },
  };
}

serve(start);
