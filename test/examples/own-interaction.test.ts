import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);

describe('examples/own-interaction', () => {
  it('has derivatives that agree with finite differences', async () => {
    const { stdout } = await run(process.execPath, [join(__dirname, '../../examples/own-interaction.js')]);
    const errors = [...stdout.matchAll(/relative error (\S+)/g)].map(([, error]) => Number(error));
    expect(errors).to.have.length(4);
    expect(Math.max(...errors)).to.be.below(0.01);
  });
});
