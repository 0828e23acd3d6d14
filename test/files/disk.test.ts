import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeAll } from '../../lib/files/disk.js';
import { temporaryFolder } from './support.js';

const lib = join(__dirname, '..', '..', '..', 'lib');

describe('the disk', () => {
  const at = temporaryFolder();

  it('is never reached by node:fs/promises, of which a call that a worker’s end hits may end the process', () => {
    const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.length).to.be.above(150);
    const users = files.filter((name) =>
      /from 'node:fs\/promises'|fs\.promises/.test(readFileSync(join(lib, name), 'utf8')),
    );
    expect(users).to.deep.equal([]);
  });

  it('is written in pieces, where the file stands', async () => {
    const bytes = Uint8Array.from({ length: 2 ** 20 + 3 }, (_, i) => i % 251);
    writeFileSync(at('file'), '');
    const descriptor = openSync(at('file'), 'w');
    await writeAll(descriptor, bytes.subarray(0, 5));
    await writeAll(descriptor, new Uint8Array());
    await writeAll(descriptor, bytes.subarray(5));
    closeSync(descriptor);
    expect(readFileSync(at('file')).equals(bytes)).to.equal(true);
  });

  if (process.platform !== 'win32') {
    it('is written on where a system takes less than it was given, and says why it takes no more', () => {
      const module = JSON.stringify(join(__dirname, '..', '..', 'lib', 'files', 'disk.js'));
      const program = `
        process.on('SIGXFSZ', () => {});
        const { open, writeAll } = require(${module});
        open(${JSON.stringify(at('file'))}, 'w')
          .then((descriptor) => writeAll(descriptor, new Uint8Array(1500)))
          .then(() => console.log('all'), ({ code }) => console.log(code));`;
      const limited = ['-c', 'ulimit -f 1 && exec "$0" "$@"', process.execPath, '-e', program];
      const { stdout } = spawnSync('bash', limited, { encoding: 'utf8' });
      expect([stdout, readFileSync(at('file')).length]).to.deep.equal(['EFBIG\n', 1024]);
    });
  }
});
