import { spawnSync } from 'node:child_process';
import { slack } from '../slack.js';

/** A small training that goes on until it is stopped, as text for a child process or a worker. */
export const endlessTraining = `
const { dataset, euler, hopfield, randomSign, sgd } = require('eqprop');
const count = 2000;
const inputs = Uint8Array.from({ length: count * 784 }, (_, i) => (i * 31) % 251);
const labels = Uint32Array.from({ length: count }, (_, i) => i % 10);
const data = dataset({ inputs, shape: [784], labels, classes: 10 });
const dynamics = (iterations) => euler({ iterations });
const train = (sizes, options) => hopfield(sizes, { engine: 'native' }).fit(data, {
  epochs: 1e6, batchSize: 20, start: 'persistent', optimizer: sgd({ learningRate: 0.01 }),
  estimator: randomSign({ beta: 0.5, free: dynamics(20), nudged: dynamics(4) }), ...options,
});
`;

/** Runs a program in a child process, which is killed after a minute. */
export function run(program: string): { status: number | null; signal: string | null; stdout: string; stderr: string } {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    encoding: 'utf8',
    timeout: slack(60_000),
    killSignal: 'SIGKILL',
  });
  return { status, signal, stdout: stdout.trim(), stderr };
}
