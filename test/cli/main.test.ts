import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, writeColumns } from './support.js';

describe('eqprop', () => {
  const at = temporaryFolder();

  it('prints its version', async () => {
    const { version } = require('eqprop/package.json');
    expect(await eqprop(['--version'])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('helps, with examples', async () => {
    const { code, stdout, stderr } = await eqprop(['--help']);
    expect([code, stderr]).to.deep.equal([0, '']);
    for (const part of ['train', 'evaluate', 'predict', 'audit', 'doctor', 'Examples:'])
      expect(stdout).to.include(part);
  });

  it('helps with each command', async () => {
    const helps = ['train', 'evaluate', 'predict', 'audit', 'doctor'].map((name) => eqprop([name, '--help']));
    for (const { code, stdout } of await Promise.all(helps)) {
      expect(code).to.equal(0);
      expect(stdout).to.include('--json').and.to.include('Examples:');
    }
  });

  it('exits with 2 and one sentence for wrong usage', async () => {
    const cases: [string[], string][] = [
      [[], 'a command must be given: train, evaluate, predict, audit, doctor'],
      [['tain', 'mnist'], "unknown command 'tain' (Did you mean train?)"],
      [['train'], "missing required argument 'data'"],
      [['train', 'mnist', '--epoch', '3'], "unknown option '--epoch' (Did you mean --epochs?)"],
      [['train', 'mnist', '--epochs'], "option '--epochs <n>' argument missing"],
      [['evaluate', 'run', 'mnist', 'more'], 'too many arguments'],
      [['doctor', '--threads', '2'], "unknown option '--threads'"],
    ];
    const sentences = await Promise.all(cases.map(([args]) => expectFailure(2, args)));
    sentences.forEach((sentence, i) => {
      expect(sentence).to.include(cases[i]?.[1]);
    });
  });

  it('prints the stack, too, where EQPROP_DEBUG asks for it', async () => {
    const { code, stderr } = await eqprop(['train', 'nothing'], { env: { EQPROP_DEBUG: '1' } });
    expect(code).to.equal(2);
    expect(stderr).to.match(/^there is no data set 'nothing'.*\nArgumentError: .*\n +at /);
  });

  it('keeps commander, cli-progress, yaml and pictures away from the library', () => {
    const script = `require('eqprop'); console.log(Object.keys(require.cache).join('\\n'))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', cwd: __dirname });
    expect(stdout)
      .to.include('model.js')
      .and.not.match(/commander|cli-progress|chart|yaml/);
  });

  it('is quiet when the reader of its output goes away', async () => {
    writeColumns(at('.'));
    const args = ['train', at('.'), '--epochs', '300', '--run', at('run')];
    const { code, stderr } = await eqprop(args, { once: ['epoch', (child) => child.stdout?.destroy()] });
    expect([code, stderr]).to.deep.equal([0, '']);
  });
});
