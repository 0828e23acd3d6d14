/**
 * Numbers instead of classes: the strength of a wind from the readings of four sensors around a chimney. Targets in the place of
 * labels, and `readOut` in the place of `predict`.
 */

import { centered, coordinateDescent, dataset, hopfield, inputsOnly, sgd } from 'eqprop';

const SENSORS = 4;

/** What a sensor reads of a wind: nothing in the lee, a saturating pressure against it. */
function readings(east: number, north: number): number[] {
  return Array.from({ length: SENSORS }, (_, i) => {
    const angle = (2 * Math.PI * i) / SENSORS;
    return Math.tanh(2 * Math.max(0, east * Math.cos(angle) + north * Math.sin(angle)));
  });
}

/** Winds on a grid, and what the sensors read of them. */
function winds(side: number, shift: number) {
  const components = Array.from({ length: side }, (_, i) => (2 * (i + shift)) / side - 1);
  const all = components.flatMap((east) => components.map((north) => [east, north] as const));
  return {
    inputs: Float32Array.from(all.flatMap(([east, north]) => readings(east, north))),
    targets: Float32Array.from(all.map(([east, north]) => Math.hypot(east, north))),
  };
}

const meanOf = (numbers: Float32Array) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

async function main(): Promise<void> {
  const train = dataset({ ...winds(40, 0.25), shape: [SENSORS] });
  const test = winds(31, 0.5);
  const model = hopfield([SENSORS, 64, 1], { output: { activation: 'linear' }, seed: 1 });
  const sweeps = coordinateDescent({ iterations: 50, tolerance: 1e-5 });
  await model.fit(train, {
    epochs: 60,
    batchSize: 16,
    estimator: centered({ beta: 0.2, free: sweeps, nudged: sweeps }),
    optimizer: sgd({ learningRate: 0.01, decay: 'cosine', momentum: 0.9 }),
  });

  const strengths = await model.readOut(inputsOnly({ inputs: test.inputs, shape: [SENSORS] }));
  const mean = meanOf(test.targets);
  const learned = meanOf(test.targets.map((target, i) => Math.abs(strengths[i] - target)));
  const guessed = meanOf(test.targets.map((target) => Math.abs(mean - target)));
  console.log(
    `mean error of ${test.targets.length} strengths: read out ${learned.toFixed(3)}, mean strength ${guessed.toFixed(3)}`,
  );
}

if (require.main === module) main();
