/** What a contender has to be able to do, and the process that it runs in. */

import { createInterface } from 'node:readline';
import type { Layered } from '../../../dist/bench/star.js';
import { decode, encode, type Request, type StepAnswer, type Task } from './wire.js';

/** A contender that was given its task. It holds the parameters. */
export interface Rival {
  /** Of its library. */
  readonly version: string;
  /** One training step on the batch of that number.
   * @returns the states of the free layers at the end of the free phase, where they are asked for */
  step(batch: number, wantsStates: boolean): Promise<readonly Float32Array[] | undefined>;
  parameters(): Promise<Layered>;
  /** So many steps over the batches in turn, in seconds; `step` by `step` if absent. */
  train?(steps: number): Promise<number>;
}

async function train(rival: Rival, steps: number, batches: number): Promise<number> {
  if (rival.train) return rival.train(steps);
  const started = performance.now();
  for (let i = 0; i < steps; i++) await rival.step(i % batches, false);
  return (performance.now() - started) / 1000;
}

/** Answers the requests on standard input, one after the other, until it ends. */
export async function serve(start: (task: Task) => Promise<Rival>): Promise<void> {
  console.log = console.error; // libraries greet on standard output, which is for answers
  let started: { readonly rival: Rival; readonly task: Task } | undefined;
  const answer = async (request: Request): Promise<unknown> => {
    if (request.ask === 'start') {
      started = { rival: await start(request.task), task: request.task };
      return { version: started.rival.version };
    }
    if (!started) throw new Error(`'${request.ask}' was asked before 'start'`);
    const { rival, task } = started;
    if (request.ask === 'train') return { seconds: await train(rival, request.steps, task.batches.length) };
    const states = (await rival.step(0, true)) ?? [];
    return { states, ...(await rival.parameters()) } satisfies StepAnswer;
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(decode(line) as Request).catch((error: Error) => ({ error: error.message }));
    process.stdout.write(`${encode(reply)}\n`);
  }
  process.exit(); // the workers of a library would keep it alive
}
