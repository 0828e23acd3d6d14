import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reportOf, runChild } from './child.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

interface Report {
  failures: string[];
  broken: number;
  tried: number;
  places: number;
  refusals: number;
}

export const allocations: Scenario = {
  what: 'every allocation and thread start of the addon failing, once and for ever, while models are made, trained, asked, saved and loaded: a typed error, a usable model, no byte lost',
  rounds: Number.POSITIVE_INFINITY,
  quick: 25,
  unavailable: () =>
    process.platform === 'linux' && spawnSync('g++', ['--version']).status === 0
      ? undefined
      : 'it takes Linux and g++ to let allocations fail',
  run: (rounds, random) =>
    inFolder(async (dir) => {
      const source = join(dirname(require.resolve('eqprop/package.json')), 'native', 'test', 'faults.cc');
      const [library, control] = [join(dir, 'faults.so'), join(dir, 'faults')];
      const flags = ['-std=c++17', '-O1', '-shared', '-fPIC', '-o', library, source, '-ldl'];
      const compiled = spawnSync('g++', flags, { encoding: 'utf8' });
      if (compiled.status !== 0) return { failures: [`faults.cc does not compile: ${compiled.stderr}`], figures: {} };
      await writeFile(control, new Uint8Array(BigInt64Array.of(-1n, 0n, 0n).buffer));
      const settings = {
        rounds: Number.isFinite(rounds) ? rounds : Number.MAX_SAFE_INTEGER,
        seed: random.below(1e6),
        dir,
      };
      // Before a sanitizer's runtime, if there is one: it would answer itself.
      const preloaded = [library, process.env.LD_PRELOAD].filter(Boolean).join(':');
      const env = { LD_PRELOAD: preloaded, EQPROP_FAULTS: control };
      const ending = await runChild('allocations', settings, { env, nodeOptions: ['--expose-gc'] });
      const { report, failures } = reportOf<Report>('the process', ending);
      const { tried = 0, places = 0, refusals = 0 } = report;
      failures.push(...(report.failures ?? []));
      if (refusals === 0) failures.push('nothing was refused');
      return { failures, figures: { places, tried, refusals, broken: report.broken ?? Number.NaN } };
    }),
};
