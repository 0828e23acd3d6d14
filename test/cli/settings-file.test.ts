import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readSettingsFile } from '../../lib/cli/settings-file.js';
import { DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { expectFailure, json, writeColumns } from './support.js';

describe('readSettingsFile', () => {
  const at = temporaryFolder();

  it('reads maps of texts, numbers and lists', async () => {
    writeFileSync(
      at('s.yaml'),
      '# ours\nhidden: [500, 500]\ndecay: cosine\nbeta: 2e-1\nkeep-best: true\n__proto__: 1\n',
    );
    expect([...(await readSettingsFile(at('s.yaml')))]).to.deep.equal([
      ['hidden', [500, 500]],
      ['decay', 'cosine'],
      ['beta', 0.2],
      ['keep-best', true],
      ['__proto__', 1],
    ]);
  });

  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'
    .split('')
    .map((name, i) => {
      const before = `*${'abcdefgh'[i]}`;
      return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
    })
    .join('\n')}\n`;
  const bad: [string, string | Uint8Array, string][] = [
    ['an alias', 'a: &x 1\nb: *x\n', 'Alias'],
    ['a bomb of aliases', bomb, 'Alias'],
    ['a map that holds itself', '&a a: *a\n', 'Alias'],
    ['a tag', 'a: !!js/function "x"\n', 'tag'],
    ['a key twice', 'a: 1\na: 2\n', 'unique at line 2'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'documents'],
    ['a list', '- 1\n', 'must be a map'],
    ['nothing', '', 'must be a map'],
    ['a text', 'hidden', 'must be a map'],
    ['a key that is a number', '1: 2\n', '1 is one'],
    ['a key that is a map', '? {a: 1}\n: 2\n', 'its keys must be texts'],
    ['brackets that stay open', 'a: [1,\n', 'at line'],
    ['brackets in brackets', '['.repeat(60_000), 'nested'],
    ['a tab', 'a:\n\t- 1\n', 'at line 2'],
    ['no UTF-8', Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'valid'],
    ['too many bytes', '#'.repeat(65_537), '65537 bytes, above the limit of 65536'],
  ];
  for (const [what, text, part] of bad) {
    it(`refuses ${what}`, async () => {
      writeFileSync(at('s.yaml'), text);
      const read = () => readSettingsFile(at('s.yaml'));
      const { message } = await expectError(read, DataError, 'ERR_DATA', `'${at('s.yaml')}'`, part);
      expect(message).to.not.match(/\n|\.$/);
      expect(message.length).to.be.below(300);
    });
  }

  it('refuses what is missing or no file', async () => {
    await expectError(() => readSettingsFile(at('none.yaml')), DataError, 'ERR_FILE', at('none.yaml'), 'ENOENT');
    mkdirSync(at('folder.yaml'));
    await expectError(() => readSettingsFile(at('folder.yaml')), DataError, 'ERR_FILE', at('folder.yaml'));
  });
});

describe('eqprop train settings.yaml', () => {
  const at = temporaryFolder();
  beforeEach(() => {
    mkdirSync(at('columns'));
    writeColumns(at('columns'));
  });
  const train = (text: string, ...options: string[]) => {
    writeFileSync(at('ours.yaml'), text);
    return ['train', at('ours.yaml'), ...options];
  };

  it('trains as the options of those names would', async () => {
    const settings = `
      data: ${at('columns')}
      preset: fast-2
      hidden: [5, 6]
      epochs: 3
      batch: 8
      beta: 0.5
      estimator: random-sign
      rates: [0.3, 0.2, 1.0e-1]
      decay: cosine
      checkpoint-every: 4
      keepBest: true
      threads: 1
      run: ${at('run')}
    `;
    const said = await json(train(settings, '--epochs', '2'));
    expect(said).to.include({ dataset: 'columns', preset: 'fast-2', epochs: 2, threads: 1, run: at('run') });
    const options = ['--preset', 'fast-2', '--hidden', '5,6', '--epochs', '2', '--batch', '8', '--beta', '0.5'];
    const more = ['--estimator', 'randomSign', '--rates', '0.3,0.2,0.1', '--decay', 'cosine', '--threads', '1'];
    const last = ['--checkpoint-every', '4', '--keep-best', '--run', at('same')];
    await json(['train', at('columns'), ...options, ...more, ...last]);
    for (const name of ['settings.json', 'model.safetensors']) {
      expect(readFileSync(at('run', name)).equals(readFileSync(at('same', name))), name).to.equal(true);
    }
  });

  it('exits with 2 for settings that are wrong, with 1 for a file that holds none', async () => {
    const wrong = await expectFailure(2, train(`data: ${at('columns')}\nepochs: 1.5`));
    expect(wrong).to.equal(`in '${at('ours.yaml')}', epochs must be a whole number of at least 1, but 1.5 was given`);
    const file = `in '${at('ours.yaml')}'`;
    const sweeps = `data: ${at('columns')}\npreset: fast-1\nrelaxation: 1.1\nhidden: [5, 5]`;
    const euler = await expectFailure(2, train(sweeps, '--preset', 'paper-2'));
    expect(euler).to.equal(
      `${file}, relaxation must be left out with dynamics euler, which takes --step-size, but 1.1 was given`,
    );
    const rates = await expectFailure(2, train(`${sweeps}\nrates: [1]`));
    expect(rates).to.include(`${file}, rates must be 3 numbers, one for each layer after the input, but 1 was given`);
    expect(await expectFailure(2, train(sweeps, '--preset', 'fast-1', '--rates', '1'))).to.match(/^--rates must be 3/);
    expect(await expectFailure(1, train('a: &x 1\nb: *x'))).to.include(`'${at('ours.yaml')}'`);
  });
});
