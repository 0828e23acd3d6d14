import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { TRAINERS, takesBeta } from '../../lib/cli/estimators.js';
import { Model } from '../../lib/index.js';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json, writeColumns } from './support.js';

describe('eqprop train', () => {
  const at = temporaryFolder();
  beforeEach(() => {
    mkdirSync(at('columns'));
    writeColumns(at('columns'));
  });
  const train = (...options: string[]) => ['train', at('columns'), ...options];
  const historyOf = (run: string) =>
    readFileSync(at(run, 'history.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('learns, and says so with --json', async () => {
    const said = await json(train('--epochs', '30', '--hidden', '20', '--run', at('run'), '--threads', '1'));
    expect(said).to.have.all.keys(
      ...[
        'dataset',
        'preset',
        'engine',
        'isa',
        'precision',
        'threads',
        'epochs',
        'trainError',
        'testError',
        'seconds',
        'run',
      ],
    );
    expect(said).to.include({ dataset: 'columns', preset: 'paper-1', threads: 1, epochs: 30, run: at('run') });
    expect(said.trainError).to.equal(0);
    expect(said.testError).to.equal(0);
    expect(said.seconds).to.be.above(0);
  });

  it('leaves a run folder', async () => {
    const options = ['--epochs', '3', '--hidden', '5,6', '--rates', '0.3,0.2,0.1', '--estimator', 'random-sign'];
    await json(train(...options, '--batch', '8', '--beta', '0.5', '--seed', '7', '--run', at('deep', 'run')));
    expect(readdirSync(at('deep', 'run')).sort()).to.deep.equal([
      'checkpoints',
      'history.jsonl',
      'model.safetensors',
      'settings.json',
    ]);
    expect(JSON.parse(readFileSync(at('deep', 'run', 'settings.json'), 'utf8'))).to.deep.include({
      ...{ dataset: 'columns', preset: 'paper-1', hidden: [5, 6], rates: [0.3, 0.2, 0.1], estimator: 'randomSign' },
      ...{
        epochs: 3,
        batchSize: 8,
        beta: 0.5,
        seed: 7,
        examples: 40,
        scale: 1 / 256,
        start: 'persistent',
        shuffle: false,
      },
    });
    const history = historyOf('deep/run');
    expect(history.map(({ epoch }) => epoch)).to.deep.equal([1, 2, 3]);
    for (const record of history) {
      expect(record).to.have.all.keys('epoch', 'error', 'cost', 'energy', 'seconds', 'validation');
      expect(record.validation).to.have.all.keys('error', 'cost', 'energy');
    }
  });

  it('trains by every estimator that can', async () => {
    const settings = ['--hidden', '6,5', '--rates', '0.2,0.1,0.1', '--epochs', '1', '--activation', 'tanh'];
    const options = ['--output', 'linear', '--beta', '0.2', '--engine', 'javascript'];
    for (const name of TRAINERS) {
      const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const given = takesBeta(name) ? options : options.filter((o) => o !== '--beta' && o !== '0.2');
      const said = await json(train(...settings, ...given, '--estimator', kebab, '--run', at(name)));
      expect(said.trainError, name).to.be.within(0, 1);
      expect(said.angles !== undefined, name).to.equal(name === 'vectorField');
      expect(JSON.parse(readFileSync(at(name, 'settings.json'), 'utf8')).estimator).to.equal(name);
    }
  }).timeout(120_000);

  it('starts where it is told, and so does whoever asks the model', async () => {
    const settings = ['--hidden', '6,5', '--rates', '0.2,0.1,0.1', '--epochs', '2', '--preset', 'fast-2'];
    const energies = new Set();
    for (const start of ['zero', 'feed-forward', 'persistent']) {
      await json(train(...settings, '--start', start, '--run', at(start)));
      const camel = start === 'feed-forward' ? 'feedForward' : start;
      expect(JSON.parse(readFileSync(at(start, 'settings.json'), 'utf8')).start).to.equal(camel);
      const model = await Model.load(at(start, 'model.safetensors'));
      expect(model.start).to.equal(start === 'feed-forward' ? camel : 'zero');
      model.dispose();
      const [, { validation }] = historyOf(start);
      const said = await json(['evaluate', at(start), at('columns')]);
      expect(said.energy, start).to.be.closeTo(validation.energy, 1e-6);
      energies.add(said.energy);
    }
    expect(energies.size).to.equal(3);
  });

  it('learns with each cost, with rates that decay', async () => {
    for (const cost of ['squaredError', 'crossEntropy', 'crossEntropyReadOut']) {
      const options = [
        '--cost',
        cost,
        '--hidden',
        '20',
        '--epochs',
        '40',
        '--estimator',
        'positive',
        '--decay',
        '0.99',
      ];
      const said = await json(train(...options, '--gain', '0.7', '--run', at(cost)));
      expect(said.trainError, cost).to.be.below(0.1);
      const settings = JSON.parse(readFileSync(at(cost, 'settings.json'), 'utf8'));
      expect(settings).to.include({ cost, decay: 0.99, gain: 0.7 });
      expect((await json(['evaluate', at(cost), at('columns')])).error).to.equal(said.testError);
    }
  });

  it('tells the angles between weights forward and backward with vectorField', async () => {
    const options = ['--estimator', 'vectorField', '--hidden', '8,6', '--rates', '0.2,0.1,0.1', '--epochs', '2'];
    const { angles } = await json(train(...options, '--run', at('run')));
    expect(angles).to.have.all.keys('untied1', 'untied2');
    expect(angles.untied1).to.have.all.keys('start', 'end');
    for (const { start, end } of Object.values<{ start: number; end: number }>(angles)) {
      expect(start).to.be.within(45, 135);
      expect(end).to.be.within(0, 180).and.not.equal(start);
    }
    const { stdout } = await eqprop(train(...options, '--run', at('again')));
    expect(stdout).to.match(
      /^untied2: angle between forward and backward weights \d+\.\d° at the start, \d+\.\d° at the/m,
    );
  });

  it('trains the preset fast-1', async () => {
    const said = await json(train('--preset', 'fast-1', '--hidden', '20', '--epochs', '5', '--run', at('run')));
    expect(said).to.include({ preset: 'fast-1', epochs: 5 });
    expect(historyOf('run')[4].cost).to.be.below(historyOf('run')[0].cost);
  });

  it('prints a line an epoch: on standard output, or beside --json on standard error', async () => {
    const line = /^epoch {2}9\/10 {2}train error +\d+\.\d\d % {2}test error +\d+\.\d\d % {2}cost .* energy .* s$/m;
    const plain = await eqprop(train('--epochs', '10', '--run', at('plain')));
    expect(plain.stdout)
      .to.match(line)
      .and.to.include(`saved ${at('plain', 'model.safetensors')}`);
    expect(plain.stderr).to.equal('');
    const silent = await eqprop(train('--epochs', '10', '--run', at('silent'), '--json'));
    expect(silent.stderr).to.match(line);
    expect(silent.stdout.split('\n')).to.have.length(2);
  });

  it('makes a run folder of its own under runs, a new one each time', async () => {
    const first = await json(train('--epochs', '1'), { cwd: at('.') });
    const second = await json(train('--epochs', '1'), { cwd: at('.') });
    expect(first.run).to.match(/^runs.columns-paper-1-\d{4}-/);
    expect(readdirSync(at('runs'))).to.have.length(2);
    expect(statSync(at(second.run, 'model.safetensors')).size).to.be.above(0);
  });

  it('gives the same bits for the same seed, others for another', async () => {
    const seeds = ['1', '1', '2'];
    await Promise.all(seeds.map((seed, i) => json(train('--epochs', '2', '--seed', seed, '--run', at(`run${i}`)))));
    const [first, again, other] = seeds.map((_, i) => readFileSync(at(`run${i}`, 'model.safetensors')));
    expect(first?.equals(again as Buffer)).to.equal(true);
    expect(first?.equals(other as Buffer)).to.equal(false);
  });

  it('runs on the engine it is told', async () => {
    const said = await json(train('--epochs', '1', '--engine', 'javascript', '--run', at('run')));
    expect(said).to.include({ engine: 'javascript', isa: 'none', threads: 1 });
    const named = await json(train('--epochs', '1', '--run', at('named')), { env: { EQPROP_ENGINE: 'javascript' } });
    expect(named.engine).to.equal('javascript');
  });

  it('refuses a folder that holds a run', async () => {
    mkdirSync(at('run'));
    writeFileSync(at('run', 'model.safetensors'), 'precious');
    const sentence = await expectFailure(2, train('--run', at('run')));
    expect(sentence).to.include(at('run')).and.to.include('holds a model.safetensors already');
    expect(readFileSync(at('run', 'model.safetensors'), 'utf8')).to.equal('precious');
    expect(readdirSync(at('run'))).to.deep.equal(['model.safetensors']);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`saves the model on ${signal}, and exits with 1`, async () => {
      const { code, stderr } = await eqprop(train('--epochs', '1000000', '--run', at('run')), {
        once: ['epoch', (child) => child.kill(signal)],
      });
      expect(code).to.equal(1);
      expect(stderr).to.equal(
        `interrupted by ${signal}; the model as it was after its last update is in ${at('run', 'model.safetensors')}\n`,
      );
      expect(historyOf('run')[0].epoch).to.equal(1);
      expect(await json(['evaluate', at('run'), at('columns')])).to.include({ count: 20 });
    });
  }

  it('exits with 2 for options that are wrong, unknown or do not go together', async () => {
    const cases: [string[], string][] = [
      [
        ['--preset', 'paper-4'],
        "--preset must be one of paper-1, paper-2, paper-3, fast-1, fast-2, fast-3, but 'paper-4' was given",
      ],
      [['--estimator', 'best'], '--estimator must be one of positive, negative, randomSign, centered'],
      [['--hidden', '500,0'], 'each number of --hidden must be a whole number of at least 1, but 0 was given'],
      [['--hidden', '500,'], "each number of --hidden must be a whole number of at least 1, but '' was given"],
      [['--hidden', '5,5'], '--rates must be given, 3 numbers, one for each layer after the input'],
      [['--rates', '0.1'], '--rates must be 2 numbers, one for each layer after the input, but 1 was given'],
      [['--rates', '0.1,-1'], 'each number of --rates must be a finite number of at least 0, but -1 was given'],
      [['--cost', 'hinge'], '--cost must be one of squaredError, crossEntropy, crossEntropyReadOut'],
      [['--output', 'tanh'], "--output must be one of linear, hardSigmoid, but 'tanh' was given"],
      [['--activation', 'relu'], '--activation must be one of hardSigmoid, linear, sigmoid, tanh'],
      [['--decay', '0'], "--decay must be a finite number above 0 or 'cosine', but 0 was given"],
      [['--decay', 'sine'], "--decay must be a finite number above 0 or 'cosine', but 'sine' was given"],
      [['--momentum', '1'], '--momentum must be a number from 0 to below 1, but 1 was given'],
      [['--momentum', '0.5', '--estimator', 'continual'], '--momentum must be left out with --estimator continual'],
      [['--gain', '-1'], '--gain must be a finite number above 0, but -1 was given'],
      [['--estimator', 'finiteDifferences'], '--estimator must be one of positive, negative'],
      [['--estimator', 'stochastic'], "but 'stochastic' was given"],
      [['--estimator', 'contrastive', '--beta', '1'], '--beta must be left out with --estimator contrastive'],
      [['--points', '3'], '--points must be an even number, but 3 was given'],
      [['--points', '4'], '--points must be left out unless --estimator names holomorphic, but 4 was given'],
      [['--estimator', 'holomorphic'], "'hidden1' has the activation hardSigmoid, which is not analytic"],
      [
        ['--cost', 'crossEntropyReadOut', '--output', 'linear'],
        '--output must be left out with --cost crossEntropyReadO',
      ],
      [['--cost', 'crossEntropyReadOut', '--rates', '0.1'], '2 numbers, one for each hidden layer and the read-out'],
      [['--cost', 'crossEntropy', '--output', 'hardSigmoid'], '--output must be linear with --cost crossEntropy'],
      [
        ['--cost', 'crossEntropyReadOut', '--estimator', 'contrastive'],
        '--estimator, phase 1, cannot clamp the output',
      ],
      [
        ['--preset', 'fast-1', '--activation', 'tanh'],
        '--activation must be hardSigmoid or linear with coordinateDescent',
      ],
      [
        ['--preset', 'fast-1', '--estimator', 'truncated-backprop'],
        'must be euler or fixedPoint, but coordinateDescent',
      ],
      [['--dynamics', 'langevin'], '--dynamics must be one of euler, fixedPoint, coordinateDescent, anderson'],
      [['--dynamics', 'anderson'], '--dynamics anderson must come with --free-iterations and --nudged-iterations'],
      [['--dynamics', 'anderson', '--free-iterations', '9'], '--dynamics anderson must come with --nudged-iterations:'],
      [
        ['--estimator', 'recurrentBackprop', '--nudged-iterations', '9'],
        '--nudged-iterations must be left out with --estimator recurrentBackprop',
      ],
      [['--relaxation', '1.2'], '--relaxation must be left out with dynamics euler, which takes --step-size, but 1.2'],
      [['--preset', 'fast-1', '--step-size', '1'], '--step-size must be left out with dynamics coordinateDescent'],
      [['--relaxation', '2'], '--relaxation must be a number above 0 and below 2, but 2 was given'],
      [['--step-size', '0'], '--step-size must be a finite number above 0, but 0 was given'],
      [['--free-iterations', '0'], '--free-iterations must be a whole number of at least 1, but 0 was given'],
      [['--tolerance', '-1'], '--tolerance must be a finite number of at least 0, but -1 was given'],
      [['--epochs', '1.5'], '--epochs must be a whole number of at least 1, but 1.5 was given'],
      [['--epochs', 'many'], "--epochs must be a whole number of at least 1, but 'many' was given"],
      [['--batch', '-20'], '--batch must be a whole number of at least 1, but -20 was given'],
      [['--beta', '0'], '--beta must be a finite number above 0, but 0 was given'],
      [['--beta', 'NaN'], "--beta must be a finite number above 0, but 'NaN' was given"],
      [['--beta', 'Infinity'], '--beta must be a finite number above 0, but Infinity was given'],
      [['--start', 'warm'], "--start must be one of zero, feedForward, persistent, but 'warm' was given"],
      [['--seed', '-1'], '--seed must be a whole number from 0 to'],
      [['--examples', '41'], '--examples must be at most 40, as many as the training set has, but 41 was given'],
      [['--engine', 'gpu'], "--engine must be one of native, javascript, but 'gpu' was given"],
      [['--isa', 'sse9'], '--isa must be one of avx512, avx2, neon, baseline'],
      [['--precision', 'half'], '--precision must be one of float32, splitBf16, bf16'],
      [['--engine', 'javascript', '--precision', 'bf16'], '--precision must be left out, as the javascript engine'],
      [['--threads', '0'], '--threads must be a whole number from 1 to'],
    ];
    for (const [options, part] of cases) {
      expect(await expectFailure(2, train(...options, '--run', at('run')))).to.include(part);
    }
    expect(readdirSync(at('.'))).to.deep.equal(['columns']);
  });

  it('takes an engine that carries the estimator, unless it is told another', async () => {
    const options = ['--estimator', 'vector-field', '--hidden', '6', '--epochs', '1', '--threads', '1'];
    expect(await json(train(...options, '--run', at('run')))).to.include({ engine: 'javascript' });
    expect(await json(['evaluate', at('run'), at('columns')])).to.include({ engine: 'javascript', count: 20 });
    const { addon } = await json(['doctor']);
    if (!addon.loads) return;
    const part = '--engine must be javascript with --estimator vectorField, which the native engine does not carry';
    expect(await expectFailure(2, train(...options, '--engine', 'native'))).to.include(part);
    const anderson = ['--dynamics', 'anderson', '--free-iterations', '9', '--nudged-iterations', '9', '--beta', '0.5'];
    expect(await expectFailure(2, train(...anderson, '--engine', 'native'))).to.include(
      '--engine must be javascript with --dynamics anderson, which the native engine does not carry',
    );
    expect(await expectFailure(2, train(...options), { env: { EQPROP_ENGINE: 'native' } })).to.include(part);
    const evaluate = ['evaluate', at('run'), at('columns'), '--engine', 'native'];
    expect(await expectFailure(1, evaluate)).to.include("an interaction of kind 'untied'");
    expect(readdirSync(at('.')).sort()).to.deep.equal(['columns', 'run']);
  });

  it('exits with 2 for an instruction set that does not run here', async () => {
    const { addon } = await json(['doctor']);
    if (!addon.loads) return;
    const foreign = addon.instructionSets.includes('neon') ? 'avx2' : 'neon';
    const part = `must be an instruction set that runs here (${addon.instructionSets.join(', ')}), but '${foreign}'`;
    expect(await expectFailure(2, train('--isa', foreign))).to.include(`--isa ${part}`);
    expect(await expectFailure(2, train(), { env: { EQPROP_ISA: foreign } })).to.include(`EQPROP_ISA ${part}`);
  });

  it('exits with 2 for an unknown data set, with 1 for one that is damaged', async () => {
    expect(await expectFailure(2, ['train', 'minst'])).to.include("there is no data set 'minst'");
    mkdirSync(at('empty'));
    expect(await expectFailure(1, ['train', at('empty')])).to.include('holds neither train-images-idx3-ubyte');
    writeFileSync(at('columns', 't10k-labels-idx1-ubyte'), 'no labels');
    expect(await expectFailure(1, train()))
      .to.include('t10k-labels-idx1-ubyte')
      .and.to.include('not an IDX file');
  });

  it('exits with 1 where the run folder cannot be written, or the native engine is asked for and missing', async () => {
    writeFileSync(at('file'), '');
    expect(await expectFailure(1, train('--run', at('file')))).to.include(`cannot write '${at('file')}'`);
    const env = { EQPROP_PREBUILD: at('.') };
    const sentence = await expectFailure(1, train('--engine', 'native'), { env });
    expect(sentence).to.include('the native engine is not built for this machine');
  });
});
