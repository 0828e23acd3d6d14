import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataError, StateError } from '../../lib/errors.js';
import { CheckpointFolder } from '../../lib/training/checkpoint-folder.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { numbered, numberIn, withFolder } from '../torture/numbered.js';

describe('CheckpointFolder', () => {
  const at = temporaryFolder();
  const use = <T>(name: string, work: (folder: CheckpointFolder) => Promise<T>) => withFolder(at(name), work);
  const save = (name: string, ...numbers: number[]) =>
    use(name, async (folder) => {
      for (const number of numbers) await folder.save(numbered(number));
    });

  it('goes on counting beyond 8 digits', async () => {
    await save('c', 1);
    renameSync(at('c', 'checkpoint-00000001.safetensors'), at('c', 'checkpoint-99999999.safetensors'));
    await save('c', 2, 3);
    expect(readdirSync(at('c')).sort()).to.deep.equal([
      'checkpoint-100000000.safetensors',
      'checkpoint-100000001.safetensors',
    ]);
    expect(await use('c', numberIn)).to.deep.equal({ number: 3, damaged: [] });
  });

  it('takes no number that it cannot count on from', async () => {
    await save('c', 1);
    for (const name of ['000000002', '9007199254740993', '99999999999999999999', '1', '00000002 ', '0000000a']) {
      writeFileSync(at('c', `checkpoint-${name}.safetensors`), 'not ours');
    }
    await use('c', async (again) => {
      expect(await numberIn(again)).to.deep.equal({ number: 1, damaged: [] });
      await again.save(numbered(2));
    });
    expect(readdirSync(at('c'))).to.include('checkpoint-00000002.safetensors');

    writeFileSync(at('c', 'checkpoint-999999999999999.safetensors'), 'the last one');
    await use('c', async (full) => {
      expect((await numberIn(full)).number).to.equal(2);
      await expectError(() => full.save(numbered(3)), DataError, 'ERR_FILE', at('c'), '999999999999999');
    });
  });

  it('leaves alone what only looks like a temporary file', async () => {
    const name = '.eqprop-0123456789abcdef01234567.tmp';
    mkdirSync(at('c', name), { recursive: true });
    writeFileSync(at('c', name, 'file'), '');
    await save('c', 1);
    expect(readdirSync(at('c', name))).to.deep.equal(['file']);
  });

  it('passes over a folder in the place of the newest, and says so', async () => {
    await save('c', 1);
    mkdirSync(at('c', 'checkpoint-00000002.safetensors'));
    const { number, damaged } = await use('c', numberIn);
    expect(number).to.equal(1);
    expect(damaged).to.have.length(1);
    expect(damaged[0]).to.include(at('c', 'checkpoint-00000002.safetensors')).and.to.include('a folder');
  });

  if (process.platform !== 'win32') {
    it('is one training’s at a time', async () => {
      const mine = await CheckpointFolder.open(at('c'), 2);
      await mine.save(numbered(1));
      const temporary = at('c', '.eqprop-0123456789abcdef01234567.tmp');
      writeFileSync(temporary, 'under way');
      await expectError(() => save('c', 2), StateError, 'ERR_BUSY', `'${at('c')}'`, 'another training');
      expect(readdirSync(at('c'))).to.have.length(2); // what is being written is not swept away
      await mine.close();
      await mine.close(); // does no harm
      await save('c', 2);
      expect(await use('c', numberIn)).to.deep.equal({ number: 2, damaged: [] });
    });

    it('is not written to where another has taken its name', async () => {
      const mine = await CheckpointFolder.open(at('c'), 2);
      await mine.save(numbered(1));
      rmSync(at('c'), { recursive: true });
      await expectError(() => mine.save(numbered(2)), DataError, 'ERR_FILE', `'${at('c')}'`, 'ENOENT');
      await save('c', 7);
      await expectError(() => mine.save(numbered(3)), DataError, 'ERR_FILE', `'${at('c')}'`, 'made anew');
      await mine.close();
      expect(await use('c', numberIn)).to.deep.equal({ number: 7, damaged: [] });
    });

    it('makes the folder for its owner only, and files as well', async () => {
      await save(join('deep', 'c'), 1);
      expect(statSync(at('deep')).mode & 0o777).to.equal(0o700);
      expect(statSync(at('deep', 'c')).mode & 0o777).to.equal(0o700);
      expect(statSync(at('deep', 'c', 'checkpoint-00000001.safetensors')).mode & 0o777).to.equal(0o600);
    });

    it('refuses a symbolic link in its own place, with or without a slash, even one that leads nowhere', async () => {
      mkdirSync(at('real'));
      symlinkSync('real', at('link'));
      symlinkSync('nowhere', at('dangling'));
      for (const name of ['link', 'link/', 'dangling']) {
        await expectError(() => save(name), DataError, 'ERR_FILE', `'${at(name)}'`);
      }
      await expectError(() => save('link'), DataError, 'ERR_FILE', 'a symbolic link');
      expect(readdirSync(at('real'))).to.deep.equal([]);
      await save(join('link', 'c')); // what it lies in may be one
    });

    it('passes over a symbolic link and a pipe in the place of the newest, and says so', async () => {
      await save('other', 7);
      await save('c', 1);
      symlinkSync(at('other', 'checkpoint-00000001.safetensors'), at('c', 'checkpoint-00000002.safetensors'));
      execFileSync('mkfifo', [at('c', 'checkpoint-00000003.safetensors')]);
      await use('c', async (again) => {
        const { number, damaged } = await numberIn(again);
        expect(number).to.equal(1);
        expect(damaged[0]).to.include('checkpoint-00000003').and.to.include('not a regular file');
        expect(damaged[1]).to.include('checkpoint-00000002').and.to.include('a symbolic link');
        await again.save(numbered(2));
      });
      expect((await use('c', numberIn)).number).to.equal(2);
    });
  }
});
