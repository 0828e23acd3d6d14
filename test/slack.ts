/**
 * How much more time and memory than usual the tests may take: `EQPROP_TEST_SLACK` times, 1 unless sanitizers watch or a
 * processor is emulated. Required by mocha (`--require`), this stretches each timeout too.
 */

import { Runnable } from 'mocha';

const factor = Number(process.env.EQPROP_TEST_SLACK ?? 1);

/** A bound on what a test costs: milliseconds, bytes. */
export function slack(bound: number): number {
  return bound * factor;
}

const { timeout } = Runnable.prototype as unknown as { timeout(milliseconds?: number): unknown };

/** Once, however often this is loaded. */
if (factor !== 1) {
  Object.assign(Runnable.prototype, {
    timeout(this: Runnable, milliseconds?: number) {
      return milliseconds === undefined ? timeout.call(this) : timeout.call(this, slack(milliseconds));
    },
  });
}
