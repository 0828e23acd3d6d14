import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { writeFileAtomic } from '../../lib/files/atomic.js';
import { expectError, temporaryFolder } from './support.js';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('writeFileAtomic', () => {
  const at = temporaryFolder();

  it('writes one chunk, many or none', async () => {
    await writeFileAtomic(at('one'), bytes('abc'));
    await writeFileAtomic(at('many'), [bytes('abc'), bytes(''), new Uint8Array(2_000_000), bytes('def')]);
    await writeFileAtomic(at('none'), []);
    expect(readFileSync(at('one'), 'utf8')).to.equal('abc');
    expect(readFileSync(at('many'), 'utf8')).to.equal(`abc${'\0'.repeat(2_000_000)}def`);
    expect(readFileSync(at('none'))).to.have.length(0);
    expect(readdirSync(at('.'))).to.have.length(3);
  });

  it('replaces a file', async () => {
    writeFileSync(at('file'), 'old and longer');
    await writeFileAtomic(at('file'), bytes('new'));
    expect(readFileSync(at('file'), 'utf8')).to.equal('new');
    expect(readdirSync(at('.'))).to.deep.equal(['file']);
  });

  it('takes the longest names', async () => {
    const name = 'x'.repeat(255);
    await writeFileAtomic(at(name), bytes('abc'));
    expect(readdirSync(at('.'))).to.deep.equal([name]);
  });

  it('leaves the content of one writer when many meet', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => String.fromCharCode(97 + i).repeat(100_000));
    await Promise.all(texts.map((text) => writeFileAtomic(at('file'), [bytes(text), bytes(text)])));
    expect(texts.map((text) => text + text)).to.include(readFileSync(at('file'), 'utf8'));
    expect(readdirSync(at('.'))).to.deep.equal(['file']);
  });

  it('names the path and the code of the system', async () => {
    const error = await expectError(
      () => writeFileAtomic(at('none', 'file'), bytes('abc')),
      DataError,
      'ERR_FILE',
      `'${at('none', 'file')}'`,
      'ENOENT',
    );
    expect(error.cause).to.have.property('code', 'ENOENT');
    writeFileSync(at('file'), 'old');
    await expectError(() => writeFileAtomic(at('file', 'x'), bytes('abc')), DataError, 'ERR_FILE', 'ENOTDIR');
  });

  it('refuses to replace a folder', async () => {
    mkdirSync(at('folder'));
    await expectError(() => writeFileAtomic(at('folder'), bytes('a')), DataError, 'ERR_FILE', at('folder'), 'a folder');
    expect(statSync(at('folder')).isDirectory()).to.equal(true);
    expect(readdirSync(at('.'))).to.deep.equal(['folder']);
  });

  it('refuses what is no path or no bytes', async () => {
    await expectError(() => writeFileAtomic('', bytes('a')), ArgumentError, 'ERR_ARGUMENT', 'path');
    const text = 'abc' as unknown as Uint8Array;
    await expectError(() => writeFileAtomic(at('file'), text), ArgumentError, 'ERR_ARGUMENT', 'chunks', 'abc');
    await expectError(() => writeFileAtomic(at('file'), [text]), ArgumentError, 'ERR_ARGUMENT', 'chunks', 'abc');
    expect(readdirSync(at('.'))).to.deep.equal([]);
  });

  if (process.platform !== 'win32') {
    it('keeps the file to its owner', async () => {
      await writeFileAtomic(at('file'), bytes('abc'));
      expect(statSync(at('file')).mode & 0o777).to.equal(0o600);
    });

    it('refuses to replace a symbolic link, even one that leads nowhere', async () => {
      writeFileSync(at('target'), 'old');
      symlinkSync('target', at('link'));
      symlinkSync('nowhere', at('dangling'));
      for (const name of ['link', 'dangling']) {
        const write = () => writeFileAtomic(at(name), bytes('new'));
        await expectError(write, DataError, 'ERR_FILE', `'${at(name)}'`, 'a symbolic link');
      }
      expect(readlinkSync(at('link'))).to.equal('target');
      expect(readFileSync(at('target'), 'utf8')).to.equal('old');
      expect(readdirSync(at('.'))).to.have.length(3);
    });

    it('removes its temporary file when the last step fails', async () => {
      await expectError(() => writeFileAtomic(`${at('new')}/`, bytes('abc')), DataError, 'ERR_FILE', at('new'));
      expect(readdirSync(at('.'))).to.deep.equal([]);
    });

    it('keeps the old file when the disk takes no more', () => {
      writeFileSync(at('file'), 'old');
      const script = `
        process.on('SIGXFSZ', () => {});
        const { writeFileAtomic } = require(${JSON.stringify(join(__dirname, '../../lib/files/atomic.js'))});
        writeFileAtomic(process.argv[1], new Uint8Array(1 << 20)).then(
          () => console.log('written'),
          (error) => console.log(error.name, error.code, error.message, error.cause.code),
        );`;
      // On Linux from within: the thread sanitizer does not start in a process that is limited already.
      const limiting = `require('node:child_process').execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=32768']);`;
      const output =
        process.platform === 'linux'
          ? execFileSync(process.execPath, ['-e', limiting + script, at('file')], { encoding: 'utf8' })
          : execFileSync(
              '/bin/sh',
              ['-c', 'ulimit -f 64; exec "$0" -e "$1" "$2"', process.execPath, script, at('file')],
              {
                encoding: 'utf8',
              },
            );
      expect(output.trim()).to.match(/^DataError ERR_FILE cannot write '.*file': EFBIG, .* EFBIG$/);
      expect(readFileSync(at('file'), 'utf8')).to.equal('old');
      expect(readdirSync(at('.'))).to.deep.equal(['file']);
    }).timeout(10_000);
  }
});
