import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { json } from '../cli/support.js';
import { temporaryFolder } from '../files/support.js';

describe('examples/settings.yaml', () => {
  const at = temporaryFolder();

  it('trains', async () => {
    const settings = join(__dirname, '../../../examples/settings.yaml');
    const few = ['--examples', '640', '--epochs', '2', '--run', at('run')];
    expect((await json(['train', settings, ...few])).testError).to.be.below(0.4);
    const run = JSON.parse(readFileSync(at('run', 'settings.json'), 'utf8'));
    expect(run).to.deep.include({ hidden: [300, 300], keepBest: true, patience: 3, epochs: 2 });
    expect(run.free).to.deep.equal({ kind: 'coordinateDescent', relaxation: 1.1, iterations: 8, tolerance: 1e-3 });
  });
});
