/** Who takes part, and with what command. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { Child } from './child.js';

export interface Contender {
  readonly name: string;
  /** Which of its forms, where it has several; else empty. */
  readonly form: string;
  readonly threads: number;
  start(): Child;
}

/** The forms of each contender that runs in Node.js, by name; its program is the file of that name, or of `FILES`. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  eqprop: [''],
  'onnxruntime-node': ['unrolled', 'rebuilt'],
  'tfjs-wasm': [''],
  loops: [''],
};
const FILES: Readonly<Record<string, string>> = { 'onnxruntime-node': 'onnxruntime', 'tfjs-wasm': 'tfjs' };

export const NAMES: readonly string[] = [...Object.keys(FORMS), 'pytorch'];

/** All contenders of these names; those that know no threads take part once. */
export function contenders(names: readonly string[], threads: readonly number[], python: string): Contender[] {
  return names.flatMap((name) => {
    const counts = name === 'loops' ? [1] : threads;
    return (FORMS[name] ?? ['']).flatMap((form) =>
      counts.map((count) => ({ name, form, threads: count, start: () => startOf(name, count, python) })),
    );
  });
}

function startOf(name: string, threads: number, python: string): Child {
  if (name !== 'pytorch')
    return new Child(name, process.execPath, [path.join(__dirname, `${FILES[name] ?? name}.js`)], {});
  // Its BLAS reads its number of threads when it is loaded.
  const count = String(threads);
  const environment = { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count };
  return new Child(name, python, [path.join(__dirname, '..', 'src', 'pytorch.py')], environment);
}

/** Whether that Python has PyTorch. */
export function hasTorch(python: string): boolean {
  return spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
}
