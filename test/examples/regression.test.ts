import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

describe('examples/regression', () => {
  it('learns numbers far better than their mean', async function () {
    this.timeout(120_000); // seconds with the native engine
    const { stdout } = await run(process.execPath, [join(__dirname, '../../examples/regression.js')]);
    const [, learned, guessed] = /read out ([\d.]+), mean strength ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(learned)).to.be.within(0.01, 0.3 * Number(guessed));
  });
});
