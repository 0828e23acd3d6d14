import { execFileSync } from 'node:child_process';
import { fstatSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { DataError } from '../../lib/errors.js';
import { allocate, readBytes, withFile } from '../../lib/files/input.js';
import { expectError, temporaryFolder } from './support.js';

describe('withFile and readBytes', () => {
  const at = temporaryFolder();

  it('read a part of a file, and close it', async () => {
    writeFileSync(at('file'), 'abcdef');
    const descriptor = await withFile(at('file'), async (file) => {
      expect(file).to.include({ path: at('file'), size: 6 });
      expect(Buffer.from(await readBytes(file, 1, 3)).toString()).to.equal('bcd');
      expect(await readBytes(file, 6, 0)).to.have.length(0);
      return file.descriptor;
    });
    expect(() => fstatSync(descriptor)).to.throw('EBADF');
  });

  it('tell of a file that shrinks while it is read', async () => {
    writeFileSync(at('file'), 'abcdef');
    const read = () =>
      withFile(at('file'), (file) => {
        truncateSync(at('file'), 2);
        return readBytes(file, 0, file.size);
      });
    await expectError(read, DataError, 'ERR_DATA', at('file'), '2 of its 6 bytes');
  });

  it('tell of memory that is not there', () =>
    expectError(() => allocate('some file', 2 ** 52), DataError, 'ERR_FILE', 'some file', 'memory', String(2 ** 52)));

  it('pass other errors on', async () => {
    writeFileSync(at('file'), '');
    const failure = new TypeError('of the caller');
    const caught = await withFile(at('file'), () => Promise.reject(failure)).catch((error) => error);
    expect(caught).to.equal(failure);
  });

  if (process.platform !== 'win32') {
    it('refuse a pipe at once, and a device', async () => {
      execFileSync('mkfifo', [at('pipe')]);
      const read = (path: string) => () => withFile(path, async () => {});
      await expectError(read(at('pipe')), DataError, 'ERR_FILE', at('pipe'), 'not a regular file');
      await expectError(read('/dev/zero'), DataError, 'ERR_FILE', '/dev/zero', 'not a regular file');
    });
  }
});
