import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'chai';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json, writeColumns } from './support.js';

describe('eqprop audit', () => {
  const at = temporaryFolder();
  const audit = (...options: string[]) => ['audit', at('run'), at('.'), '--examples', '4', ...options];
  const namesIn = (report: { estimators: { estimator: string }[] }) => report.estimators.map((e) => e.estimator);
  beforeEach(async () => {
    writeColumns(at('.'));
    const network = ['--hidden', '6', '--activation', 'tanh', '--output', 'linear', '--gain', '0.5'];
    const training = ['--estimator', 'centered', '--beta', '0.2', '--rates', '0.05,0.05', '--epochs', '1'];
    await json(['train', at('.'), ...network, ...training, '--run', at('run')]);
  });

  it('reports on the default estimators with --json, and prints nothing else on standard output', async () => {
    const report = await json(audit());
    expect(report).to.include({ dataset: basename(at('.')), model: at('run'), examples: 4 });
    expect(report).to.include({ reference: 'recurrentBackprop' });
    expect(report).to.have.all.keys(
      ...['dataset', 'model', 'reference', 'examples', 'precision', 'estimators', 'steps', 'findings', 'seconds'],
    );
    expect(namesIn(report)).to.deep.equal(['positive', 'centered', 'holomorphic']);
    expect(report.findings).to.deep.equal([]);
    const [one, two] = report.estimators;
    expect(one.settings.beta).to.equal(0.1);
    expect(one.bias.slope).to.be.closeTo(1, 0.2);
    expect(two.bias.slope).to.be.closeTo(2, 0.2);
    expect(Object.keys(one.parameters)).to.have.members(['bias1.bias', 'bias2.bias', 'dense1.weight', 'dense2.weight']);
  });

  it('prints tables to people: estimators, layers, steps and findings', async () => {
    const { code, stdout, stderr } = await eqprop(audit('--engine', 'javascript'));
    expect([code, stderr]).to.deep.equal([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).to.match(/^Audit of .*run on 4 test examples of .*, \d+\.\d s$/);
    expect(stdout).to.match(
      /^estimator +β +cosine +rel\. error +same signs +slope +settled +residual +(float32|splitBf16)$/m,
    );
    expect(stdout).to.match(/^centered +0\.1 +0\.9\d{4} +\d\.\de-\d +\d+\.\d\d % +\d\.\d\d +100\.00 % +\d\.\de-1\d +/m);
    expect(stdout).to.match(/^parameter +estimator +cosine +rel\. error +same signs$/m);
    expect(stdout).to.match(/^dense2\.weight +positive .*\n +centered .*\n +holomorphic /m);
    expect(stdout).to.match(/^Nudged steps beside back-propagation: norms at steps 1, 7, 12 /m);
    expect(stdout).to.match(/^hidden1 +\d\.\de-\d+ +0 +0 +\d\.\d\de/m);
    expect(lines.at(-2)).to.equal('Findings: nothing to complain of');
    expect(Math.max(...lines.slice(1).map((line) => line.length))).to.be.at.most(100);
    const table = lines.slice(lines.indexOf('Layer by layer') + 1).slice(0, 5);
    expect(new Set(table.map((line) => line.length)).size, 'columns are aligned').to.equal(1);
  });

  it('takes the estimators, β, points and reference that it is told', async () => {
    const names = 'random-sign,coupledCentered,contrastive,holomorphic';
    const options = ['--estimators', names, '--points', '6', '--beta', '0.05', '--reference', 'finite-differences'];
    const report = await json(audit(...options));
    expect(namesIn(report)).to.deep.equal(['randomSign', 'coupledCentered', 'contrastive', 'holomorphic']);
    expect(report.reference).to.equal('finiteDifferences');
    expect(report.estimators[0].settings.beta).to.equal(0.05);
    expect(report.estimators[2].bias, 'without β').to.equal(undefined);
    expect(report.estimators[3].settings).to.include({ beta: 0.05, points: 6 });
    const through = await json(audit('--reference', 'truncatedBackprop', '--estimators', 'centered'));
    expect(through.reference).to.equal('truncatedBackprop');
    expect(through.estimators[0].all.cosine).to.be.within(0.99, 1);
  });

  it('audits every estimator that it names', async () => {
    const names = ['positive', 'negative', 'continual', 'coupled', 'coupledNegative', 'vectorField', 'plasticity'];
    const report = await json(audit('--estimators', names.join(',')));
    expect(namesIn(report)).to.deep.equal(names);
    for (const { all, estimator } of report.estimators) expect(all.cosine, estimator).to.be.within(0.5, 1);
  });

  it('tells what is wrong', async () => {
    const { stdout } = await eqprop(audit('--estimators', 'holomorphic', '--beta', '30'));
    expect(stdout).to.match(/^Findings\n- holomorphic: /m);
    const { findings } = await json(audit('--estimators', 'holomorphic', '--beta', '30'));
    expect(findings[0]).to.match(/^holomorphic: /);
  });

  it('audits other costs, untied weights and dynamics', async () => {
    const train = (name: string, ...options: string[]) =>
      json(['train', at('.'), '--hidden', '6', '--epochs', '1', ...options, '--run', at(name)]);
    await train('readOut', '--cost', 'crossEntropyReadOut', '--estimator', 'positive');
    const readOut = await json(['audit', at('readOut'), at('.'), '--examples', '3']);
    expect(namesIn(readOut)).to.deep.equal(['positive', 'centered']);
    expect(readOut.estimators[0].parameters).to.include.keys('crossEntropyReadOut.weight', 'crossEntropyReadOut.bias');

    await train('untied', '--estimator', 'vectorField');
    const options = ['--examples', '3'];
    const untied = await json(['audit', at('untied'), at('.'), ...options]);
    expect(namesIn(untied)).to.deep.equal(['positive', 'centered', 'vectorField']);
    expect(untied).to.include({ reference: 'finiteDifferences' }).and.not.have.property('steps');
    const { stdout } = await eqprop(['audit', at('untied'), at('.'), ...options]);
    expect(stdout).not.to.include('back-propagation');

    await train('fast', '--preset', 'fast-1');
    const reference = ['--examples', '3', '--reference', 'truncatedBackprop'];
    const fast = await json(['audit', at('fast'), at('.'), ...reference]);
    expect(fast.estimators[1].all.cosine).to.be.within(0.9, 1);
  });

  it('draws a picture', async () => {
    const { code, stdout } = await eqprop(audit('--svg', at('audit.svg')));
    expect(code).to.equal(0);
    expect(stdout).to.include(`\ndrew ${at('audit.svg')}\n`);
    expect(readFileSync(at('audit.svg'), 'utf8')).to.match(/^<svg .*<\/svg>\n$/s);
    await json(audit('--svg', at('again.svg')));
    expect(readFileSync(at('again.svg'), 'utf8')).to.include('centered: slope');
  });

  it('exits with 1 for what is missing, does not fit or cannot be written', async () => {
    expect(await expectFailure(1, ['audit', at('nowhere'), at('.')])).to.include(`cannot read '${at('nowhere')}'`);
    mkdirSync(at('wide'));
    writeColumns(at('wide'), 5);
    const sentence = await expectFailure(1, ['audit', at('run'), at('wide')]);
    expect(sentence).to.include('audit data must have inputs of 16 numbers').and.to.include('25');
    writeFileSync(at('file'), '');
    expect(await expectFailure(1, audit('--svg', at('file', 'audit.svg')))).to.include('cannot write');
  });

  it('exits with 2 for wrong usage', async () => {
    const cases: [string[], string][] = [
      [['--examples', '0'], '--examples must be a whole number of at least 1, but 0 was given'],
      [['--examples', '21'], '--examples must be at most 20, as many as the test part has, but 21 was given'],
      [['--estimators', 'best'], 'each name of --estimators must be one of positive, negative, randomSign'],
      [['--estimators', 'positive,'], 'each name of --estimators must be one of positive, negative, randomSign'],
      [['--estimators', 'recurrentBackprop'], "but 'recurrentBackprop' was given"],
      [['--beta', '0'], '--beta must be a finite number above 0, but 0 was given'],
      [['--points', '5'], '--points must be an even number, but 5 was given'],
      [['--points', '0'], '--points must be a whole number of at least 2, but 0 was given'],
      [
        ['--points', '4', '--estimators', 'positive'],
        '--points must be left out unless --estimators names holomorphic',
      ],
      [['--reference', 'truth'], '--reference must be one of recurrentBackprop, finiteDifferences, truncatedBackprop'],
      [['--svg'], "option '--svg <file>' argument missing"],
      [['--engine', 'gpu'], '--engine must be one of native, javascript'],
    ];
    for (const [options, part] of cases) expect(await expectFailure(2, audit(...options))).to.include(part);
    expect(await expectFailure(2, ['audit', at('run')])).to.include("missing required argument 'data'");
    expect(await expectFailure(2, ['audit', at('run'), 'minst'])).to.include("there is no data set 'minst'");
  });
});
