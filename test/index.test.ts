import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { slack } from './slack.js';

const root = dirname(require.resolve('eqprop/package.json'));
const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim();

describe('the package', () => {
  it('is required and imported, with the same classes', () => {
    const code =
      "import { Model, hopfield, EqpropError } from 'eqprop'; import { createRequire } from 'node:module';" +
      "const all = createRequire(process.cwd() + '/x.js')('eqprop');" +
      'console.log(all.Model === Model, all.EqpropError === EqpropError, typeof hopfield)';
    expect(node('--input-type=module', '-e', code)).to.equal('true true function');
  });

  it('loads neither the command line’s libraries nor the addon when required', () => {
    const code =
      "require('eqprop'); console.log(Object.keys(require.cache).filter((f) => /commander|cli-progress|\\.node$/.test(f)).length)";
    expect(node('-e', code)).to.equal('0');
  });

  it('takes less than 40 MB more than a bare node when required', () => {
    const code = 'console.log(process.memoryUsage.rss())'; // unlike maxRSS, without what the parent had
    const median = (text: string) => [1, 2, 3, 4, 5].map(() => Number(node('-e', text))).sort((a, b) => a - b)[2];
    expect(median(`require('eqprop').hopfield([784, 10]); ${code}`) - median(code)).to.be.below(slack(40e6));
  });

  it('has types for .mts and .cts consumers', function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'eqprop-types-'));
    try {
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(root, join(folder, 'node_modules', 'eqprop'));
      const body =
        'declare const signal: AbortSignal | undefined; const model: Model = hopfield([4, 3, 2], { seed: 1 });' +
        'declare const part: Interaction; export const own: Interaction = { ...part, linear: undefined, curvature: undefined };' +
        'export const s = model.settle({ input: new Float32Array(4), target: undefined, signal }); export const p: Promise<Uint32Array> = model.predict(new Float32Array(4));';
      writeFileSync(join(folder, 'a.mts'), `import { hopfield, type Interaction, type Model } from 'eqprop'; ${body}`);
      writeFileSync(join(folder, 'b.cts'), `import { hopfield, type Interaction, type Model } from 'eqprop'; ${body}`);
      writeFileSync(join(folder, 'c.mts'), "import { hopfield } from 'eqprop'; hopfield('no');");
      const tsc = createRequire(__filename).resolve('typescript/bin/tsc');
      const options = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--skipLibCheck',
      ];
      const check = (...files: string[]) =>
        spawnSync(process.execPath, [tsc, ...options, ...files], { cwd: folder, encoding: 'utf8' }).stdout;
      expect(check('a.mts', 'b.cts')).to.equal('');
      expect(check('c.mts')).to.include('TS2345');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
