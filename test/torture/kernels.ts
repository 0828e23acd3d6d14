import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Scenario } from './scenario.js';

/** Made by `npm run test:native`, without Node. */
const PROGRAM = join(dirname(require.resolve('eqprop/package.json')), 'build', 'core', 'kernels_torture');

export const kernels: Scenario = {
  what: 'each kernel of each instruction set against float64: odd sizes, misaligned, NaN, infinities, denormals',
  rounds: 1_000_000,
  quick: 20_000,
  unavailable: () => (existsSync(PROGRAM) ? undefined : 'npm run test:native builds what it needs'),
  async run(rounds, random) {
    const { stdout, status, signal } = spawnSync(PROGRAM, [String(rounds), String(random.next())], {
      encoding: 'utf8',
    });
    const lines = stdout.trim().split('\n');
    const figures = status === 0 ? JSON.parse(lines.pop() ?? '') : {};
    return { failures: status === 0 ? [] : [`ended by ${signal ?? status}: ${lines.slice(0, 5).join('; ')}`], figures };
  },
};
