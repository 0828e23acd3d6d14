import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Interruption } from '../../lib/cli/interruption.js';
import { runTraining } from '../../lib/cli/training.js';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json, writeColumns } from './support.js';

describe('eqprop train --resume', () => {
  const at = temporaryFolder();
  beforeEach(() => {
    mkdirSync(at('columns'));
    writeColumns(at('columns'));
  });
  const small = ['--hidden', '6', '--momentum', '0.5', '--estimator', 'centered', '--beta', '0.3'];
  const train = (...options: string[]) => ['train', at('columns'), ...small, ...options];
  const resume = (run: string, ...options: string[]) => ['train', '--resume', '--run', at(run), ...options];
  /** Without times, which differ. */
  const historyOf = (run: string) =>
    readFileSync(at(run, 'history.jsonl'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => ({ ...JSON.parse(line), seconds: 0 }));
  const modelOf = (run: string) => readFileSync(at(run, 'model.safetensors'));

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    it(`goes on after ${signal} to the bits and the history of a run that was let alone`, async () => {
      const last = '60';
      const options = ['--checkpoint-every', '1', '--patience', '1000', '--keep-best'];
      await json(train('--epochs', last, '--run', at('whole'), '--threads', '1'));
      const { code } = await eqprop(train('--epochs', '1000000', '--run', at('run'), ...options, '--threads', '2'), {
        once: ['     10/1000000', (child) => child.kill(signal)],
      });
      expect(code).to.equal(signal === 'SIGKILL' ? 'SIGKILL' : 1);
      // An epoch that the checkpoint does not know, and half a line.
      const again = historyOf('run').length + 1;
      appendFileSync(at('run', 'history.jsonl'), `${JSON.stringify({ epoch: again, cost: 1 })}\n{"epoch":`);
      const said = await json(resume('run', '--epochs', last, '--threads', '1'));
      expect(said).to.include({ epochs: 60, dataset: 'columns', run: at('run') });
      expect(historyOf('run')).to.deep.equal(historyOf('whole'));
      expect(readdirSync(at('run', 'checkpoints'))).to.have.length(2);
      const settings = readSettings('run');
      expect(settings).to.include({ epochs: 60, checkpointEvery: 1, patience: 1000, keepBest: true, threads: 1 });
      expect(settings.options).to.include({ epochs: 60, beta: 0.3, momentum: 0.5 }).and.to.not.have.property('batch');
      const best = await json(['evaluate', at('run'), at('columns')]);
      expect(best.error).to.equal(said.testError);
    });
  }
  const readSettings = (run: string) => JSON.parse(readFileSync(at(run, 'settings.json'), 'utf8'));

  it('makes more epochs of a run that has ended, with the same bits', async () => {
    await json(train('--epochs', '5', '--run', at('whole')));
    await json(train('--epochs', '2', '--run', at('run')));
    writeFileSync(at('run', '.eqprop-0123456789abcdef01234567.tmp'), 'half');
    const said = await json(['train', at('columns'), '--resume', '--run', at('run'), '--epochs', '5']);
    expect(said.epochs).to.equal(5);
    expect(readdirSync(at('run')).sort()).to.deep.equal([
      'checkpoints',
      'history.jsonl',
      'model.safetensors',
      'settings.json',
    ]);
    expect(modelOf('run').equals(modelOf('whole'))).to.equal(true);
    expect(historyOf('run')).to.deep.equal(historyOf('whole'));
    const nothing = await json(resume('run', '--epochs', '4')); // is left to do
    expect(nothing).to.include({ epochs: 5 }).and.to.not.have.property('stoppedBy');
    expect(modelOf('run').equals(modelOf('whole'))).to.equal(true);
  });

  it('begins anew where no checkpoint had been written', async () => {
    await json(train('--epochs', '2', '--run', at('run')));
    const whole = modelOf('run');
    rmSync(at('run', 'checkpoints'), { recursive: true });
    await json(resume('run'));
    expect(historyOf('run')).to.have.length(2);
    expect(modelOf('run').equals(whole)).to.equal(true);
  });

  it('ends early where it is told, and says by what', async () => {
    const ended = await json(train('--epochs', '1000', '--patience', '3', '--keep-best', '--run', at('run')));
    expect(ended.stoppedBy).to.equal('--patience');
    expect(ended.epochs).to.be.within(4, 999);
    const errors = historyOf('run').map(({ validation }) => validation.error);
    expect(ended.bestEpoch).to.equal(errors.indexOf(Math.min(...errors)) + 1);
    expect(ended.epochs).to.equal(ended.bestEpoch + 3);
    expect(ended.testError).to.equal(Math.min(...errors));
    expect((await json(['evaluate', at('run'), at('columns')])).error).to.equal(ended.testError);
    const later = await json(resume('run', '--patience', '5'));
    expect(later.epochs).to.be.at.least(ended.epochs + 2);

    const short = await eqprop(train('--epochs', '1000000', '--time-limit', '0.2', '--run', at('short')));
    expect(short.code).to.equal(0);
    expect(short.stdout).to.match(/^stopped by --time-limit after \d+ of 1000000 epochs$/m);
  });

  if (process.platform !== 'win32') {
    it('leaves a run alone that is still going', async () => {
      const files = () =>
        readdirSync(at('run')).map((name) => (name === 'checkpoints' ? name : [name, readFileSync(at('run', name))]));
      let refused: Promise<string[]> | undefined;
      const { code } = await eqprop(train('--epochs', '1000000', '--run', at('run'), '--time-limit', '60'), {
        once: [
          '     2/1000000',
          (child) => {
            child.kill('SIGSTOP');
            const before = files();
            refused = Promise.all([
              expectFailure(1, resume('run', '--time-limit', '1')),
              expectFailure(1, train('--run', at('run'))),
            ]);
            refused
              .then(() => expect(files()).to.deep.equal(before))
              .finally(() => child.kill('SIGKILL'))
              .catch(() => {});
          },
        ],
      });
      expect(code).to.equal('SIGKILL');
      for (const sentence of (await refused) ?? [''])
        expect(sentence).to.include(`'${at('run')}' is in use by another training`);
      await json(resume('run', '--epochs', '1'));
    });
  }

  it('refuses what does not go with the run', async () => {
    await json(train('--epochs', '1', '--run', at('run')));
    const kept = readFileSync(at('run', 'settings.json'), 'utf8');
    const cases: [number, string[], string][] = [
      [1, resume('none'), `there is no run to go on with in '${at('none')}'`],
      [2, resume('run', '--batch', '7'), 'the settings of the run, batchSize 20, but they would be 7'],
      [2, resume('run', '--keep-best'), 'keepBest false, but they would be true'],
      [2, train('--run', at('run')), 'unless --resume is given'],
    ];
    for (const [code, args, part] of cases) expect(await expectFailure(code, args)).to.include(part);
    writeFileSync(at('run', 'settings.json'), JSON.stringify({ ...JSON.parse(kept), rates: [9, 9] }));
    expect(await expectFailure(2, resume('run'))).to.include('rates [9,9], but they would be [0.2,0.1]');
    const options = { ...JSON.parse(kept).options, rates: [1] };
    writeFileSync(at('run', 'settings.json'), JSON.stringify({ ...JSON.parse(kept), options }));
    const rates = await expectFailure(1, resume('run'));
    expect(rates).to.include(`in '${at('run', 'settings.json')}', rates must be 2 numbers`);
    expect(historyOf('run')).to.have.length(1);
  });

  it('leaves the settings of a run as they were where it refuses to go on', async () => {
    const table = (last: number) =>
      `a,b,label\n${Array.from({ length: 20 }, (_, i) => `${i / 20},${(i * 7) % 20 ? last : 0.5},${i % 2}`).join('\n')}\n`;
    writeFileSync(at('data.csv'), table(0.25));
    await json(['train', at('data.csv'), '--hidden', '4', '--epochs', '2', '--threads', '1', '--run', at('run')]);
    const settings = readFileSync(at('run', 'settings.json'), 'utf8');
    const scaled = await expectFailure(2, resume('run', '--scale', String(1 / 256), '--epochs', '3'));
    expect(scaled).to.include(
      '--resume must go on with the settings of the run, --scale none, but they would be 0.00390625',
    );
    writeFileSync(at('data.csv'), table(0.75));
    expect((await eqprop(resume('run', '--epochs', '3'))).stderr).to.include('other data');
    expect(readFileSync(at('run', 'settings.json'), 'utf8')).to.equal(settings);
    writeFileSync(at('data.csv'), table(0.25));
    expect(await json(resume('run', '--epochs', '3'))).to.include({ epochs: 3 });
    expect(JSON.parse(readFileSync(at('run', 'settings.json'), 'utf8')).epochs).to.equal(3);
  });
});

describe('an interruption', () => {
  const at = temporaryFolder();

  it('stops by the first signal and kills by the second', async () => {
    const file = join(dirname(require.resolve('eqprop/package.json')), 'dist/lib/cli/interruption.js');
    const program = `const { Interruption } = require(${JSON.stringify(file)});
      const { signal } = new Interruption();
      setInterval(() => {}, 1000);
      signal.addEventListener('abort', () => console.log('stopping'));
      console.log('ready');`;
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.push(text.trim());
      child.kill('SIGTERM');
    });
    const signal = await new Promise((done) => child.on('close', (_, signal) => done(signal)));
    expect(signal).to.equal('SIGTERM');
    expect(said).to.deep.equal(['ready', 'stopping']);
  });

  it('ends a training before it begins, without a run folder', async () => {
    mkdirSync(at('columns'));
    writeColumns(at('columns'));
    const interruption = new Interruption();
    process.emit('SIGTERM', 'SIGTERM');
    const request = {
      data: at('columns'),
      options: { preset: 'paper-1', run: at('run') },
      given: {},
      past: undefined,
      files: new Map(),
    } as const;
    const error = await runTraining(request, interruption).catch((error) => error);
    expect(error.message).to.equal('interrupted by SIGTERM before the training began');
    expect(readdirSync(at('.'))).to.deep.equal(['columns']);
  });
});
