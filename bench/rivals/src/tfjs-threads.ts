/**
 * Lets the wasm backend of TensorFlow.js run its build with threads in Node.js, which it supports in browsers alone
 * (tensorflow/tfjs issue 3830): it would start its workers from a blob's URL, which only a browser's Worker takes. Load
 * this before the backend, in a process of its own.
 */

import os from 'node:os';
import path from 'node:path';
import workers from 'node:worker_threads';

const folder = path.join(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out');
const program = path.join(folder, 'tfjs-backend-wasm-threaded-simd.js');

/** Allows that many threads, 4 at most. */
export function allowThreads(count: number): void {
  const { wasmWorkerContents }: { wasmWorkerContents: string } = require(
    path.join(folder, 'tfjs-backend-wasm-threaded-simd.worker.js'),
  );
  const source = wasmWorkerContents.replaceAll('\n', '\\n'); // its strings lost their escapes when it was wrapped

  class BackendWorker extends workers.Worker {
    constructor() {
      super(source, { eval: true });
    }

    override postMessage(message: { cmd?: string }, transfer?: readonly workers.Transferable[]): void {
      super.postMessage(message.cmd === 'load' ? { ...message, urlOrBlob: program } : message, transfer);
    }
  }

  Object.assign(workers, { Worker: BackendWorker });
  // The backend takes one thread for every two processors, as in machines whose cores show as two.
  const [processor] = os.cpus();
  Object.assign(os, { cpus: () => new Array(2 * count).fill(processor) });
}
