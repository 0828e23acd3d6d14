import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PNG } from 'pngjs';

const run = promisify(execFile);
const script = join(__dirname, '../../examples/completion.js');

describe('examples/completion', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eqprop-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function sizeOf(name: string): Promise<number[]> {
    const { width, height } = PNG.sync.read(await readFile(join(folder, name)));
    return [width, height];
  }

  it('learns to complete images better than by the mean image, and draws', async function () {
    this.timeout(120_000); // seconds with the native engine
    const out = join(folder, 'pictures');
    const { stdout } = await run(process.execPath, [script, '--examples', '1000', '--epochs', '4', '--out', out]);
    const figures = [...stdout.matchAll(/half.*: completed ([\d.]+), mean image ([\d.]+)/g)];
    expect(figures).to.have.length(2);
    for (const [, completed, mean] of figures) expect(Number(completed)).to.be.below(Number(mean));
    // Images of 56 pixels and gaps of 4 around them: 10 × 1, and 10 × 5.
    expect(await sizeOf('pictures/labels.png')).to.deep.equal([604, 64]);
    expect(await sizeOf('pictures/halves.png')).to.deep.equal([604, 304]);
  });
});
