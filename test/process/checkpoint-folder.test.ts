import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { StateError } from '../../lib/errors.js';
import { CheckpointFolder } from '../../lib/training/checkpoint-folder.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { numbered, withFolder } from '../torture/numbered.js';

/** Opens a folder, and says so. */
const program = (dir: string, say: string) => `
const { CheckpointFolder } = require(${JSON.stringify(require.resolve('../../lib/training/checkpoint-folder.js'))});
let folder;
CheckpointFolder.open(${JSON.stringify(dir)}, 2).then((opened) => {
  folder = opened;
  ${say};
});
setInterval(() => folder, 1000);`;

describe('a checkpoint folder that another has open', () => {
  if (process.platform === 'win32') return; // no locks there
  const at = temporaryFolder();
  const save = () => withFolder(at('c'), (folder) => folder.save(numbered(1)));

  it('is free once its process is killed', async () => {
    const child = spawn(process.execPath, ['-e', program(at('c'), "console.log('open')")], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await expectError(save, StateError, 'ERR_BUSY', at('c'));
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await save();
  });

  it('is free once its worker is terminated', async () => {
    const worker = new Worker(program(at('c'), "require('node:worker_threads').parentPort.postMessage('open')"), {
      eval: true,
    });
    await once(worker, 'message');
    await expectError(save, StateError, 'ERR_BUSY', at('c'));
    await worker.terminate();
    await save();
  });

  it('is not kept by the child processes of its own', async () => {
    const mine = await CheckpointFolder.open(at('c'), 2);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    await mine.close();
    await save();
    child.kill();
    expect(await once(child, 'exit')).to.have.length(2);
  });
});
