import { dirname } from 'node:path';
import type { Evaluation, Persistent, Settled, Totals } from './engine.js';
import type { Listener } from './native/job.js';

/** What the addon exports: see `native/binding`. Requests are plain objects, already checked. */
export interface Addon {
  /** Which requests it understands: that of `INTERFACE`. */
  interfaceVersion: number;
  Plan: new (network: object, isa: string, precision: number, threads: number) => NativePlanHandle;
  /** Those that run here, the widest first. */
  instructionSets(): string[];
  /** Operations a second that so many threads could do in registers alone, measured for so many seconds: for benchmarks. */
  peak(isa: string, threads: number, seconds: number): number;
  /** By instruction set that runs here: the instructions that carry steps in bf16, or `emulated`. */
  bf16Instructions(): Record<string, string>;
  /** Bytes that the engine holds in this process. */
  bytes(): number;
  /** How many threads may compute at once in this process. */
  threadLimit(): number;
  /** At least 1; with `unlessSet`, only where it has not been set before. */
  setThreadLimit(threads: number, unlessSet: boolean): void;
  /** Whether the open file or folder is now locked by this descriptor; undefined where no lock is to be had. */
  lock(fd: number): boolean | undefined;
  /** Cancels and joins all jobs of this thread's environment. */
  stop(): void;
}

export interface NativePlanHandle {
  read(): Float32Array[];
  write(values: readonly (Float32Array | undefined)[]): void;
  load(data: object): unknown;
  velocity(): unknown;
  readVelocity(handle: unknown): Float32Array[];
  writeVelocity(handle: unknown, values: readonly Float32Array[]): void;
  /** Those of as many examples as `visited` has, from example `from` on; also after the plan was disposed. */
  readPersistent(handle: unknown, kept: Persistent & { from: number }): boolean;
  writePersistent(handle: unknown, kept: Persistent & { from: number }): void;
  release(handle: unknown): void;
  // These start work on another thread, and return what cancels it.
  settle(request: object, listen: Listener<Settled>): () => void;
  gradient(request: object, listen: Listener<Float32Array[]>): () => void;
  train(request: object, listen: Listener<Totals>): () => void;
  evaluate(request: object, listen: Listener<Evaluation>): () => void;
  dispose(): void;
}

/** Raised whenever what this side sends or expects changes: an addon built from other sources must not be taken for ours.
 * The same number stands in native/binding/addon.cc. */
const INTERFACE = 13;

let loaded: Addon | Error | undefined;

/** The addon, or why it does not load here. Tried once. */
export function loadAddon(): Addon | Error {
  if (loaded) return loaded;
  try {
    const load: (folder: string) => Addon = require('node-gyp-build');
    const addon = load(dirname(require.resolve('eqprop/package.json')));
    if (addon.interfaceVersion !== INTERFACE) {
      throw new Error(
        `the addon was built from other sources (interface ${addon.interfaceVersion} instead of ${INTERFACE})`,
      );
    }
    // process.exit does not run the clean-up hooks of the main thread: no job may outlive what it uses.
    process.on('exit', () => addon.stop());
    loaded = addon;
  } catch (error) {
    loaded = error instanceof Error ? error : new Error(String(error));
  }
  return loaded;
}
