import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { makeFolder } from '../../lib/files/folder.js';
import { notedDuring, temporaryFolder } from './support.js';

describe('makeFolder', () => {
  const at = temporaryFolder();

  it('makes folders for their owner only', async () => {
    await makeFolder(at('a', 'b'));
    for (const path of [at('a'), at('a', 'b')]) {
      expect(statSync(path).isDirectory()).to.equal(true);
      if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).to.equal(0o700);
    }
  });

  it('leaves alone what is there', async () => {
    mkdirSync(at('a'), { mode: 0o755 });
    writeFileSync(at('a', 'file'), '');
    symlinkSync('a', at('link'));
    for (const path of [at('a'), at('a', 'file'), at('link'), '/']) await makeFolder(path);
    if (process.platform !== 'win32') expect(statSync(at('a')).mode & 0o777).to.equal(0o755);
  });

  it("says the system's code where a file is in the way", async () => {
    writeFileSync(at('file'), '');
    const error = await makeFolder(at('file', 'a', 'b')).catch((error) => error);
    expect(error).to.have.property('code', 'ENOTDIR');
  });

  if (process.platform !== 'win32') {
    it('brings each to the disk before it makes the next', async () => {
      const made = await notedDuring(() => makeFolder(at('a', 'b', 'c')));
      expect(made.map((line) => line.replace(at('.'), '.').replace(dirname(at('.')), '..'))).to.deep.equal([
        ...['synced ..', 'made ./a', 'synced .', 'made ./a/b', 'synced ./a', 'made ./a/b/c', 'synced ./a/b'],
      ]);
    });

    it('also one that another has made, who may have died before that', async () => {
      mkdirSync(at('a'));
      expect(await notedDuring(() => makeFolder(at('a')))).to.deep.equal([`synced ${at('.')}`]);
    });
  }
});
