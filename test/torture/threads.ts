import { setThreadLimit, threadLimit } from '../../lib/index.js';
import { fingerprint } from '../support.js';
import { kinds } from './kinds.js';
import type { Scenario } from './scenario.js';

const THREADS = [1, 2, 4, 8];

export const threads: Scenario = {
  what: 'every kind of network trained with 1, 2, 4 and 8 threads: the same bits of all parameters',
  rounds: 1000,
  quick: 12,
  run: async (steps) => {
    const limit = threadLimit();
    setThreadLimit(Math.max(...THREADS)); // on any machine
    const failures: string[] = [];
    const all = [...kinds()];
    try {
      for (const [name, train] of all) {
        const prints = new Map<string, number[]>();
        for (const threads of THREADS) {
          const model = await train(threads, steps);
          const print = fingerprint(model);
          model.dispose();
          prints.set(print, [...(prints.get(print) ?? []), threads]);
        }
        const groups = [...prints.values()].map((same) => same.join(', '));
        if (groups.length > 1) failures.push(`${name}: other bits with ${groups.join(' than with ')} threads`);
      }
    } finally {
      setThreadLimit(limit);
    }
    return { failures, figures: { kinds: all.length, steps, threads: THREADS.join(', ') } };
  },
};
