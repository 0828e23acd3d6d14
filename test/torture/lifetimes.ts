import { existsSync } from 'node:fs';
import { slack } from '../slack.js';
import { reportOf, runChild } from './child.js';
import type { Scenario } from './scenario.js';

/** One of so many models is left to the garbage collector. */
const LEFT = 10;
/** What Node itself may take more in the last four fifths, in bytes. One and a half kilobytes a round would be more. */
const GROWTH = 12e6;

interface Report {
  bytes: number;
  mostBytes: number;
  threads: number;
  growth: number;
  waiting: number;
}

export const lifetimes: Scenario = {
  what: `models created, trained for a step and disposed of, one in ${LEFT} left to the garbage collector: no native byte is left, no thread, nobody who waits for their signal, and resident memory is flat`,
  rounds: 10_000,
  quick: 200,
  unavailable: () => (existsSync('/proc/self/task') ? undefined : 'there is no /proc to count threads in'),
  run: async (rounds) => {
    const nodeOptions = ['--expose-gc', '--max-semi-space-size=1']; // V8's own young generation would grow
    const ending = await runChild('lifetimes', { rounds, left: LEFT }, { nodeOptions });
    const { report, failures } = reportOf<Report>('the child', ending);
    const {
      bytes = Number.NaN,
      threads = Number.NaN,
      growth = Number.NaN,
      mostBytes = Number.NaN,
      waiting = Number.NaN,
    } = report;
    if (bytes !== 0) failures.push(`${bytes} native bytes are left`);
    if (!(mostBytes > 0)) failures.push('the counter of native bytes counted nothing');
    if (waiting !== 0) failures.push(`${waiting} wait for the signal that all trainings had`);
    if (threads !== 0) failures.push(`there are ${threads} threads more than after a fifth of the rounds`);
    if (!(growth < slack(GROWTH))) failures.push(`resident memory grew by ${growth} bytes`);
    return { failures, figures: { rounds, bytes, threads, growth, mostBytes, waiting } };
  },
};
