import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { DataError } from '../../lib/errors.js';
import { CheckpointFolder } from '../../lib/training/checkpoint-folder.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { numbered, numberIn } from '../torture/numbered.js';

describe('CheckpointFolder', () => {
  const at = temporaryFolder();
  it('goes on counting beyond 8 digits', async () => {
    const folder = await CheckpointFolder.open(at('c'), 2);
    await folder.save(numbered(1));
    renameSync(at('c', 'checkpoint-00000001.safetensors'), at('c', 'checkpoint-99999999.safetensors'));
    const again = await CheckpointFolder.open(at('c'), 2);
    await again.save(numbered(2));
    await again.save(numbered(3));
    expect(readdirSync(at('c')).sort()).to.deep.equal([
      'checkpoint-100000000.safetensors',
      'checkpoint-100000001.safetensors',
    ]);
    expect(await numberIn(await CheckpointFolder.open(at('c'), 2))).to.deep.equal({ number: 3, damaged: [] });
  });

  it('takes no number that it cannot count on from', async () => {
    const folder = await CheckpointFolder.open(at('c'), 2);
    await folder.save(numbered(1));
    for (const name of ['000000002', '9007199254740993', '99999999999999999999', '1', '00000002 ', '0000000a']) {
      writeFileSync(at('c', `checkpoint-${name}.safetensors`), 'not ours');
    }
    const again = await CheckpointFolder.open(at('c'), 2);
    expect(await numberIn(again)).to.deep.equal({ number: 1, damaged: [] });
    await again.save(numbered(2));
    expect(readdirSync(at('c'))).to.include('checkpoint-00000002.safetensors');

    writeFileSync(at('c', 'checkpoint-999999999999999.safetensors'), 'the last one');
    const full = await CheckpointFolder.open(at('c'), 2);
    expect((await numberIn(full)).number).to.equal(2);
    await expectError(() => full.save(numbered(3)), DataError, 'ERR_FILE', at('c'), '999999999999999');
  });

  it('leaves alone what only looks like a temporary file', async () => {
    const name = '.eqprop-0123456789abcdef01234567.tmp';
    mkdirSync(at('c', name), { recursive: true });
    writeFileSync(at('c', name, 'file'), '');
    await (await CheckpointFolder.open(at('c'), 2)).save(numbered(1));
    expect(readdirSync(at('c', name))).to.deep.equal(['file']);
  });

  it('passes over a folder in the place of the newest, and says so', async () => {
    const folder = await CheckpointFolder.open(at('c'), 2);
    await folder.save(numbered(1));
    mkdirSync(at('c', 'checkpoint-00000002.safetensors'));
    const { number, damaged } = await numberIn(await CheckpointFolder.open(at('c'), 2));
    expect(number).to.equal(1);
    expect(damaged).to.have.length(1);
    expect(damaged[0]).to.include(at('c', 'checkpoint-00000002.safetensors')).and.to.include('a folder');
  });

  if (process.platform !== 'win32') {
    it('makes the folder for its owner only, and files as well', async () => {
      const folder = await CheckpointFolder.open(at('deep', 'c'), 2);
      await folder.save(numbered(1));
      expect(statSync(at('deep')).mode & 0o777).to.equal(0o700);
      expect(statSync(at('deep', 'c')).mode & 0o777).to.equal(0o700);
      expect(statSync(at('deep', 'c', 'checkpoint-00000001.safetensors')).mode & 0o777).to.equal(0o600);
    });

    it('refuses a symbolic link in its own place, with or without a slash, even one that leads nowhere', async () => {
      mkdirSync(at('real'));
      symlinkSync('real', at('link'));
      symlinkSync('nowhere', at('dangling'));
      for (const name of ['link', 'link/', 'dangling']) {
        const open = () => CheckpointFolder.open(at(name), 2);
        await expectError(open, DataError, 'ERR_FILE', `'${at(name)}'`);
      }
      await expectError(() => CheckpointFolder.open(at('link'), 2), DataError, 'ERR_FILE', 'a symbolic link');
      expect(readdirSync(at('real'))).to.deep.equal([]);
      await CheckpointFolder.open(at('link', 'c'), 2); // what it lies in may be one
    });

    it('passes over a symbolic link and a pipe in the place of the newest, and says so', async () => {
      const other = await CheckpointFolder.open(at('other'), 2);
      await other.save(numbered(7));
      const folder = await CheckpointFolder.open(at('c'), 2);
      await folder.save(numbered(1));
      symlinkSync(at('other', 'checkpoint-00000001.safetensors'), at('c', 'checkpoint-00000002.safetensors'));
      execFileSync('mkfifo', [at('c', 'checkpoint-00000003.safetensors')]);
      const again = await CheckpointFolder.open(at('c'), 2);
      const { number, damaged } = await numberIn(again);
      expect(number).to.equal(1);
      expect(damaged[0]).to.include('checkpoint-00000003').and.to.include('not a regular file');
      expect(damaged[1]).to.include('checkpoint-00000002').and.to.include('a symbolic link');
      await again.save(numbered(2));
      expect((await numberIn(await CheckpointFolder.open(at('c'), 2))).number).to.equal(2);
    });
  }
});
