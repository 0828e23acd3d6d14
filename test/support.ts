import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { loadAddon } from '../lib/engine/addon.js';
import type { EqpropError, Floats, Model } from '../lib/index.js';
import { Random } from '../lib/random.js';

/** Numbers from `low` to `high`, the same in every run. */
export function floats(count: number, seed: number, low = 0, high = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => low + (high - low) * random.uniform());
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: Floats, b: Floats): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

export function largestDifference(a: Floats, b: Floats): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

/** The instruction sets of the native engine that run here. The tests need the addon. */
export function instructionSets(): string[] {
  const addon = loadAddon();
  if (addon instanceof Error) throw addon;
  return addon.instructionSets();
}

/** SHA-256 over the bits of all parameters. */
export function fingerprint(model: Model): string {
  const hash = createHash('sha256');
  for (const [name, { data }] of model.parameters) hash.update(name).update(new Uint8Array(data.buffer));
  return hash.digest('hex');
}

/** Expects an error of the package with that code, whose sentence says all of `words`. */
export function expectError(error: unknown, code: string, ...words: string[]): void {
  expect(error).to.be.an.instanceOf(Error);
  expect((error as EqpropError).code, String(error)).to.equal(code);
  for (const word of words) expect((error as Error).message).to.include(word);
  expect((error as Error).message, 'one sentence').to.not.match(/\n|\.$/);
}

export function expectThrows(act: () => unknown, code: string, ...words: string[]): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expectError(thrown, code, ...words);
}

export async function expectRejects(promise: Promise<unknown>, code: string, ...words: string[]): Promise<void> {
  const reason = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expectError(reason, code, ...words);
}

/** How many wait for a signal: listeners, and the signals that Node itself has follow it. */
export function waitingFor(signal: AbortSignal): number {
  const followers = Object.getOwnPropertySymbols(signal).find((key) => /Dependant/.test(String(key)));
  const { size = 0 } = (followers && (Reflect.get(signal, followers) as Set<unknown> | undefined)) ?? {};
  return getEventListeners(signal, 'abort').length + size;
}

/** How often JavaScript's thread could turn to something else before the promise was settled. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, ended] = [0, false];
  const turn = () => {
    turns++;
    if (!ended) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  ended = true;
  return turns;
}
