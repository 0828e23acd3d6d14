import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
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
    const ended = once(child, 'exit');
    try {
      await once(child.stdout, 'data');
      await expectError(save, StateError, 'ERR_BUSY', at('c'));
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    await save();
  });

  it('is free once its worker is terminated', async () => {
    const worker = new Worker(program(at('c'), "require('node:worker_threads').parentPort.postMessage('open')"), {
      eval: true,
    });
    try {
      await once(worker, 'message');
      await expectError(save, StateError, 'ERR_BUSY', at('c'));
    } finally {
      await worker.terminate();
    }
    await save();
  });

  it('is not kept by the child processes of its own', async () => {
    const mine = await CheckpointFolder.open(at('c'), 2);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      await mine.close();
      await save();
    } finally {
      child.kill();
    }
  });

  it('is not written to through a link that has taken its name, also without the addon', () => {
    const program = `
      const { mkdirSync, readdirSync, renameSync, symlinkSync } = require('node:fs');
      const { loadAddon } = require(${JSON.stringify(require.resolve('../../lib/engine/addon.js'))});
      const { CheckpointFolder } = require(${JSON.stringify(require.resolve('../../lib/training/checkpoint-folder.js'))});
      const { numbered } = require(${JSON.stringify(require.resolve('../torture/numbered.js'))});
      process.chdir(${JSON.stringify(at('.'))});
      (async () => {
        mkdirSync('victim');
        const mine = await CheckpointFolder.open('c', 2);
        await mine.save(numbered(1));
        renameSync('c', 'moved');
        symlinkSync('victim', 'c');
        const { code, message } = await mine.save(numbered(2)).catch((error) => error) ?? {};
        console.log(JSON.stringify([loadAddon() instanceof Error, code, message, readdirSync('victim')]));
      })();`;
    for (const without of [true, false]) {
      const env = { ...process.env, ...(without && { EQPROP_PREBUILD: at('.') }) };
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', env });
      expect(stderr).to.equal('');
      const sentence = "cannot write 'c': it is a symbolic link, which is not followed";
      expect(JSON.parse(stdout)).to.deep.equal([without, 'ERR_FILE', sentence, []]);
      for (const name of ['victim', 'c', 'moved']) rmSync(at(name), { recursive: true });
    }
  });

  it('is free once its training is forgotten', () => {
    const folder = JSON.stringify(require.resolve('../../lib/training/checkpoint-folder.js'));
    const program = `
      const { CheckpointFolder } = require(${folder});
      const open = () => CheckpointFolder.open(${JSON.stringify(at('c'))}, 2);
      (async () => {
        await (async () => void (await open()))();
        console.log((await open().catch((error) => error)).code);
        for (let i = 0; i < 50; i++) {
          gc();
          await new Promise((resolve) => setTimeout(resolve, 20));
          const again = await open().catch(() => {});
          if (again) return console.log('free');
        }
      })();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '-e', program], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(stdout).to.equal('ERR_BUSY\nfree\n');
  });
});
