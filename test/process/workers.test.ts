import { join } from 'node:path';
import { expect } from 'chai';
import { run } from './support.js';

/** Trains a small network, asks it meanwhile, and tells what has become of it. */
const training = `
const { centered, dataset, euler, hopfield, sgd } = require('eqprop');
async function outcome() {
  const labels = Uint32Array.from({ length: 60 }, (_, i) => i % 3);
  const inputs = Float32Array.from({ length: 60 * 12 }, (_, i) => (i * 31 % 17) / 17 + (i % 3 === labels[Math.floor(i / 12)] ? 1 : 0));
  const data = dataset({ inputs, shape: [12], labels, classes: 3 });
  const dynamics = euler({ iterations: 10 });
  const model = hopfield([12, 20, 3], { seed: 3, engine: 'native' });
  const estimator = centered({ beta: 0.5, free: dynamics, nudged: dynamics });
  const fit = model.fit(data, { epochs: 4, batchSize: 7, estimator, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
  for (let i = 0; i < 5; i++) await Promise.all([model.evaluate(data), model.predict(data), model.parameters]);
  await fit;
  const values = [...model.parameters.values()].map(({ data }) => [...data]);
  model.dispose();
  return JSON.stringify(values);
}`;

describe('two workers and the main thread', () => {
  it('train at the same time to the same bits', function () {
    this.timeout(60_000);
    const worker = `${training} outcome().then((text) => require('node:worker_threads').parentPort.postMessage(text));`;
    const program = `${training}
      const { once } = require('node:events');
      const { Worker } = require('node:worker_threads');
      (async () => {
        const alone = await outcome();
        const workers = [0, 1].map(() => new Worker(${JSON.stringify(worker)}, { eval: true }));
        const all = await Promise.all([outcome(), ...workers.map((w) => once(w, 'message').then(([text]) => text))]);
        console.log(all.every((text) => text === alone));
      })();`;
    expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: 'true', stderr: '' });
  });
});

if (process.platform === 'linux') {
  describe('a worker that is terminated', () => {
    it('leaves no file open and no folder locked', function () {
      this.timeout(60_000);
      const modules = (name: string) => JSON.stringify(join(__dirname, '..', '..', 'lib', name));
      const worker = `
        const { parentPort, workerData } = require('node:worker_threads');
        const { FolderLock } = require(${modules('training/folder-lock.js')});
        const { readBytes, withFile } = require(${modules('files/input.js')});
        parentPort.postMessage('begun');
        (async () => { for (;;) await withFile(workerData + '/file', (file) => readBytes(file, 0, file.size)); })();
        (async () => { for (;;) await FolderLock.take(workerData).then((lock) => lock.release()); })();`;
      const program = `
        const { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } = require('node:fs');
        const { once } = require('node:events');
        const { setTimeout } = require('node:timers/promises');
        const { Worker } = require('node:worker_threads');
        const { FolderLock } = require(${modules('training/folder-lock.js')});
        const folder = mkdtempSync(require('node:os').tmpdir() + '/eqprop-test-');
        writeFileSync(folder + '/file', 'x'.repeat(1000));
        const target = (descriptor) => { try { return readlinkSync('/proc/self/fd/' + descriptor); } catch { return ''; } };
        (async () => {
          for (let i = 0; i < 60; i++) {
            const worker = new Worker(${JSON.stringify(worker)}, { eval: true, workerData: folder });
            await once(worker, 'message');
            await setTimeout(Math.random() * 8);
            await worker.terminate();
          }
          await (await FolderLock.take(folder)).release();
          console.log(readdirSync('/proc/self/fd').map(target).filter((path) => path.startsWith(folder)).length);
          rmSync(folder, { recursive: true });
        })();`;
      expect(run(program)).to.deep.equal({ status: 0, signal: null, stdout: '0', stderr: '' });
    });
  });
}
