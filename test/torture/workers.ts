import { existsSync } from 'node:fs';
import { reportOf, runChild } from './child.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

interface Report {
  terminated: number;
  bytes: number;
  threads: number;
  longestMilliseconds: number;
}

export const workers: Scenario = {
  what: 'workers terminated at random times while they train, settle, load and dispose: the process lives and says nothing, and no native byte is left, no thread',
  rounds: 1000,
  quick: 8,
  unavailable: () => (existsSync('/proc/self/task') ? undefined : 'there is no /proc to count threads in'),
  run: (rounds, random) =>
    inFolder(async (dir) => {
      const seed = random.below(1e6);
      const { report, failures } = reportOf<Report>('the process', await runChild('workers', { rounds, seed, dir }));
      const { terminated = 0, bytes = Number.NaN, threads = Number.NaN, longestMilliseconds = Number.NaN } = report;
      if (terminated !== rounds) failures.push(`${terminated} of ${rounds} workers were terminated`);
      if (bytes !== 0) failures.push(`${bytes} native bytes are left`);
      if (threads !== 0) failures.push(`${threads} threads are left`);
      return { failures, figures: { terminated, bytes, threads, longestMilliseconds } };
    }),
};
