import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { DataError } from '../../lib/errors.js';
import { appendToFile } from '../../lib/files/append.js';
import { expectError, notedDuring, temporaryFolder } from './support.js';

describe('appendToFile', () => {
  const at = temporaryFolder();

  it('adds to what is there, and brings it to the disk', async () => {
    writeFileSync(at('file'), 'one\n');
    expect(await notedDuring(() => appendToFile(at('file'), 'zwei ü\n'))).to.deep.equal([`synced ${at('file')}`]);
    await appendToFile(at('file'), 'x'.repeat(1e6));
    expect(readFileSync(at('file'), 'utf8')).to.equal(`one\nzwei ü\n${'x'.repeat(1e6)}`);
  });

  it('names the path and the code of the system', async () => {
    await expectError(() => appendToFile(at('none', 'x'), ''), DataError, 'ERR_FILE', `'${at('none', 'x')}'`, 'ENOENT');
    mkdirSync(at('folder'));
    await expectError(() => appendToFile(at('folder'), ''), DataError, 'ERR_FILE', `'${at('folder')}'`, 'EISDIR');
  });

  if (process.platform !== 'win32') {
    it('makes a file for its owner only', async () => {
      await appendToFile(at('file'), 'one\n');
      expect(statSync(at('file')).mode & 0o777).to.equal(0o600);
    });

    it('follows no symbolic link, even one that leads nowhere, and waits for no pipe', async () => {
      writeFileSync(at('victim'), 'as it was');
      symlinkSync('victim', at('link'));
      symlinkSync('nowhere', at('dangling'));
      for (const name of ['link', 'dangling']) {
        await expectError(() => appendToFile(at(name), 'x'), DataError, 'ERR_FILE', `'${at(name)}'`, 'a symbolic link');
      }
      expect(readFileSync(at('victim'), 'utf8')).to.equal('as it was');
      execFileSync('mkfifo', [at('pipe')]);
      await expectError(() => appendToFile(at('pipe'), 'x'), DataError, 'ERR_FILE', `'${at('pipe')}'`);
      await expectError(() => appendToFile('/dev/null', 'x'), DataError, 'ERR_FILE', 'not a regular file');
    });
  }
});
