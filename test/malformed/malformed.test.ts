import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { attempt } from './attempt.js';
import { bytesOf } from './format.js';
import { formats } from './formats.js';

/** As many as are promised of each format. */
const HAND_MADE = 40;

for (const [name, format] of Object.entries(formats)) {
  const { file, read, valid, malformed } = format;
  describe(`malformed files: ${name}`, () => {
    const at = temporaryFolder();

    it(`there are ${HAND_MADE} or more, all different`, async () => {
      const texts = await Promise.all(
        malformed.map(async ([, bytes]) => Buffer.from(await bytesOf(bytes)).toString('latin1')),
      );
      expect(new Set(texts).size).to.equal(malformed.length).and.at.least(HAND_MADE);
      expect(new Set(malformed.map(([what]) => what)).size).to.equal(malformed.length);
    });

    it('what they are made from is read', async () => {
      for (const bytes of valid) {
        writeFileSync(at(file), await bytesOf(bytes));
        await read(at(file));
      }
    });

    for (const [what, bytes, says] of malformed) {
      it(`refuses ${what}`, async () => {
        const content = await bytesOf(bytes);
        writeFileSync(at(file), content);
        const { error, broken } = await attempt(format, at(file), content.length);
        expect(broken).to.equal(undefined);
        expect((error as Error | undefined)?.message).to.include(says);
      });
    }

    it('refuses what is no file, or has no path', async () => {
      mkdirSync(at('folder'));
      symlinkSync(at('round'), at('round'));
      const { length } = at('');
      for (const path of [
        at('missing'),
        at('folder'),
        at('round'),
        at('a\0b'),
        at('x'.repeat(5000 - length)),
        at('folder', '..', 'missing'),
      ]) {
        const { error, broken } = await attempt(format, path, 0);
        expect(broken, path.slice(0, 99)).to.equal(undefined);
        expect((error as DataError).code).to.equal('ERR_FILE');
      }
      for (const path of ['', 7, null, undefined, {}, [], Symbol('x'), 7n, Buffer.from('x'), new URL('file:///x')]) {
        await expectError(() => read(path as never), ArgumentError, 'ERR_ARGUMENT');
      }
    });

    if (process.platform !== 'win32') {
      it('refuses a pipe and a device at once', async () => {
        execFileSync('mkfifo', [at('pipe')]);
        for (const path of [at('pipe'), '/dev/zero', '/dev/null']) {
          await expectError(() => read(path), DataError, 'ERR_FILE', path);
        }
      });
    }

    it('notices a file that shrinks while it is read', async () => {
      writeFileSync(at(file), await bytesOf(valid[0]));
      const reading = read(at(file)).catch((error: unknown) => error);
      truncateSync(at(file), 3);
      expect(await reading).to.be.an.instanceOf(DataError);
    });
  });
}
