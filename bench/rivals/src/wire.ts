/** What main.ts and a contender's process say to each other: JSON, a line each way, arrays as base64 of their bytes. */

import type { Case } from '../../../dist/bench/cases.js';
import type { Layered } from '../../../dist/bench/star.js';

/** What a contender is told before anything else. */
export interface Task {
  readonly case: Case;
  readonly batch: number;
  readonly threads: number;
  /** Step of Euler's method and strength of the nudge. */
  readonly stepSize: number;
  readonly beta: number;
  /** Which of its forms a contender takes, where it has several. */
  readonly form: string;
  /** The parameters to start from. */
  readonly parameters: Layered;
  /** [batch, sizes[0]] and [batch, last size] each; training goes through them again and again. */
  readonly batches: readonly { readonly inputs: Float32Array; readonly targets: Float32Array }[];
}

/** What is asked; a contender's process answers each request in its order. */
export type Request =
  | { readonly ask: 'start'; readonly task: Task }
  /** One training step on the first batch: answered by a `StepAnswer`. */
  | { readonly ask: 'step' }
  /** So many training steps over the batches in turn: answered by the seconds they took. */
  | { readonly ask: 'train'; readonly steps: number };

export interface StartAnswer {
  /** Of the library. */
  readonly version: string;
}

export interface StepAnswer extends Layered {
  /** Of each free layer at the end of the free phase, [batch, size]. */
  readonly states: readonly Float32Array[];
}

export interface TrainAnswer {
  readonly seconds: number;
}

/** In place of any answer. */
export interface ErrorAnswer {
  readonly error: string;
}

export function encode(message: unknown): string {
  return JSON.stringify(message, (_, value) => {
    if (!(value instanceof Float32Array)) return value;
    return { float32: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  });
}

export function decode(line: string): unknown {
  return JSON.parse(line, (_, value) => {
    if (typeof value?.float32 !== 'string') return value;
    return new Float32Array(new Uint8Array(Buffer.from(value.float32, 'base64')).buffer);
  });
}
