import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { DataError } from '../../lib/errors.js';
import { FolderLock } from '../../lib/training/folder-lock.js';
import { expectError, temporaryFolder } from '../files/support.js';

describe('FolderLock', () => {
  if (process.platform === 'win32') return; // links take rights there
  const at = temporaryFolder();

  it('opens a folder alone: no file, and no symbolic link, with or without a slash', async () => {
    mkdirSync(at('real'));
    writeFileSync(at('file'), '');
    for (const [name, target] of [
      ['link', 'real'],
      ['dangling', 'nowhere'],
      ['to-file', 'file'],
    ]) {
      symlinkSync(target, at(name));
      for (const path of [at(name), `${at(name)}/`]) {
        await expectError(() => FolderLock.take(path), DataError, 'ERR_FILE', `'${path}'`, 'a symbolic link');
      }
    }
    const error = await FolderLock.take(at('file')).catch((error) => error);
    expect(error.code).to.equal('ENOTDIR');
    symlinkSync('.', at('above'));
    await (await FolderLock.take(at('above', 'real'))).release(); // what it lies in may be one
  });

  it('finds out that a symbolic link has taken its name, even one that leads to itself', async () => {
    mkdirSync(at('mine'));
    const lock = await FolderLock.take(at('mine'));
    await lock.check();
    renameSync(at('mine'), at('moved'));
    symlinkSync('moved', at('mine'));
    await expectError(() => lock.check(), DataError, 'ERR_FILE', `'${at('mine')}'`, 'a symbolic link');
    await lock.release();
  });
});
