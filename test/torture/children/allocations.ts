/** Does all that the package can, while memory or a thread is refused at one place after the other. */

import { closeSync, mkdtempSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  centered,
  dataset,
  EqpropError,
  euler,
  type FitOptions,
  hopfield,
  Model,
  nativeBytes,
  sgd,
} from '../../../lib/index.js';
import { Random } from '../../../lib/random.js';
import { fingerprint, floats } from '../../support.js';
import { report, settingsOfChild } from '../child.js';

/** What the preloaded native/test/faults.cc reads: three whole numbers of eight bytes. */
class Faults {
  readonly #file = openSync(process.env.EQPROP_FAULTS ?? '', 'r+');

  /** The request after so many fails, or all from there on. */
  arm(granted: number, forEver: boolean): void {
    writeSync(this.#file, new Uint8Array(BigInt64Array.of(BigInt(granted), forEver ? 1n : 0n, 0n).buffer), 0, 24, 0);
  }

  /** Lets all requests pass; returns how many there were since. */
  disarm(): number {
    const control = new BigInt64Array(3);
    readSync(this.#file, new Uint8Array(control.buffer), 0, 24, 0);
    this.arm(-1, false);
    return Number(control[2]);
  }

  close(): void {
    closeSync(this.#file);
  }
}

const count = 9;
const data = dataset({ inputs: floats(count * 7, 1), shape: [7], labels: new Uint32Array(count), classes: 3 });
const input = floats(4 * 7, 2);
const target = floats(4 * 3, 3);
const phases = { free: euler({ iterations: 3 }), nudged: euler({ iterations: 2 }) };
const estimator = centered({ beta: 0.5, ...phases });
const build = () => hopfield([7, 9, 3], { seed: 1, engine: 'native', threads: 2 });
const fit = (change: Partial<FitOptions>): FitOptions => ({
  ...{ epochs: 2, batchSize: 4, estimator, start: 'persistent', validation: data },
  ...{ optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }), onProgress: () => {} },
  ...change,
});

/** What is attacked: each works on a model of its own, and tells in text what came of it. */
const acts: Record<string, (model: Model, dir: string) => Promise<string>> = {
  create: async () => {
    const model = build();
    try {
      return fingerprint(model);
    } finally {
      model.dispose();
    }
  },
  parameters: async (model) => {
    model.setParameters(Object.fromEntries([...model.parameters].map(([name, { data: values }]) => [name, values])));
    return fingerprint(model);
  },
  step: async (model) => {
    const history = await model.fit(data, fit({}));
    return JSON.stringify(history.map(({ cost, energy }) => [cost, energy])) + fingerprint(model);
  },
  checkpoint: async (model, dir) => {
    const checkpoint = { dir: mkdtempSync(join(dir, 'checkpoints-')) };
    await model.fit(data, fit({ checkpoint }));
    return fingerprint(model);
  },
  settle: async (model) => {
    const mask = Uint8Array.of(1, 0, 0);
    const { state } = await model.settle({ input, target, beta: 0.5, clamp: { output: { values: target, mask } } });
    return String(state.output);
  },
  // On a plan of its own, as the output is clamped.
  clamp: async (model) => String((await model.settle({ input, clamp: { output: target } })).state.hidden1),
  gradient: async (model) => JSON.stringify(await model.gradient({ input, target }, estimator)),
  evaluate: async (model) => JSON.stringify(await model.evaluate(data)),
  predict: async (model) => String(await model.predict(input)),
  file: async (model, dir) => {
    const path = join(dir, 'model.safetensors');
    await model.save(path);
    const copy = await Model.load(path, { engine: 'native' });
    try {
      return fingerprint(copy);
    } finally {
      copy.dispose();
    }
  },
};

const typed = (error: unknown) => error instanceof EqpropError && ['ERR_MEMORY', 'ERR_ENGINE'].includes(error.code);

/** Native bytes after a few turns, in each of which something may free some. */
async function bytesLeft(free: () => void): Promise<number> {
  for (let i = 0; i < 10 && nativeBytes() > 0; i++) {
    free();
    await nextTurn();
  }
  return nativeBytes();
}

async function main(): Promise<void> {
  const { rounds, seed, dir } = settingsOfChild<{ rounds: number; seed: number; dir: string }>();
  const faults = new Faults();
  const random = new Random(seed);
  const failures: string[] = [];
  const unhandled: unknown[] = [];
  process.on('unhandledRejection', (error) => unhandled.push(error));
  let refusals = 0;
  const places: [string, number, boolean][] = [];
  const expected: Record<string, string> = {};
  for (const [name, act] of Object.entries(acts)) {
    const model = build();
    await act(model, dir); // what happens once a process
    model.dispose();
    const again = build();
    faults.arm(1e9, false);
    expected[name] = await act(again, dir);
    const requests = faults.disarm();
    again.dispose();
    if (requests === 0) failures.push(`${name}: the addon asked for no memory, so nothing can be refused`);
    for (let n = 0; n < requests; n++) places.push([name, n, false], [name, n, true]);
  }
  const tried =
    rounds < places.length ? Array.from({ length: rounds }, () => places[random.below(places.length)]) : places;
  for (const [name, n, forEver] of tried) {
    const where = `${name}, request ${n}${forEver ? ' and all after it' : ''}`;
    const model = build();
    faults.arm(n, forEver);
    const outcome = await acts[name](model, dir).catch((error: unknown) => error);
    await nextTurn();
    faults.disarm();
    if (outcome instanceof Error) {
      refusals++;
      if (!typed(outcome)) failures.push(`${where}: ${outcome.stack}`);
    } else if (outcome !== expected[name]) failures.push(`${where}: another result, and no error`);
    // What failed has left the model usable: the same act now succeeds on one like it, and this one answers.
    const answer = await model.predict(input).catch((error: unknown) => error);
    if (answer instanceof Error) failures.push(`${where}: of no use afterwards: ${answer.stack}`);
    model.dispose();
    const next = build();
    const later = await acts[name](next, dir).catch((error: unknown) => error);
    if (later !== expected[name])
      failures.push(`${where}: later ${later instanceof Error ? later.stack : 'another result'}`);
    next.dispose();
    const left = await bytesLeft(() => {});
    if (left !== 0) failures.push(`${where}: ${left} native bytes wait for the garbage collector`);
  }
  const left = await bytesLeft(() => global.gc?.());
  if (left !== 0) failures.push(`${left} native bytes are left`);
  for (const error of unhandled) failures.push(`an error that nobody heard of: ${(error as Error)?.stack ?? error}`);
  faults.close();
  report({
    failures: failures.slice(0, 20),
    broken: failures.length,
    tried: tried.length,
    places: places.length,
    refusals,
  });
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
