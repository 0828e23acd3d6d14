import { reportOf, runChild } from './child.js';
import type { Scenario } from './scenario.js';

interface Report {
  failures: string[];
  p99: number;
  /** The same before the trainings began: what other processes do to this one. */
  idle: number;
  ticks: number;
  secondsAlone: number;
  secondsTogether: number;
  bytes: number;
}

/** The event loop may be so much later than without the trainings, in milliseconds. */
const LATE = 20;

export const jobs: Scenario = {
  what: `8 trainings at once on 2 threads, half of them in workers: each gets the bits that it gets alone, and the event loop is at most ${LATE} ms late, 99 times of 100`,
  rounds: 10,
  quick: 1,
  run: async (rounds) => {
    const { report, failures } = reportOf<Report>('the process', await runChild('jobs', { rounds, jobs: 8, limit: 2 }));
    const {
      p99 = Number.NaN,
      idle = Number.NaN,
      ticks = 0,
      secondsAlone = Number.NaN,
      secondsTogether = Number.NaN,
      bytes,
    } = report;
    failures.push(...(report.failures ?? []));
    if (!(p99 <= LATE + idle))
      failures.push(`the 99th percentile of ${ticks} timers' lateness is ${p99} ms, idle ${idle} ms`);
    if (bytes !== 0) failures.push(`${bytes} native bytes are left`);
    const seconds = { secondsAlone: secondsAlone.toFixed(2), secondsTogether: secondsTogether.toFixed(2) };
    return { failures, figures: { rounds, p99: p99.toFixed(1), idle: idle.toFixed(1), ticks, ...seconds } };
  },
};
