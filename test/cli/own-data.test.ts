import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { openDataset, openInputs } from '../../lib/data/open.js';
import { temporaryFolder } from '../files/support.js';
import { npy } from '../malformed/npy.js';
import { zip } from '../malformed/npz.js';
import { expectRejects } from '../support.js';
import { eqprop, expectFailure, json } from './support.js';

/** Examples whose class is the one of their first two numbers that is higher. */
const rows = Array.from({ length: 60 }, (_, i) => {
  const [a, b] = [(i * 37) % 101, (i * 53) % 103];
  return { label: a > b ? 0 : 1, inputs: [a / 103, b / 103] };
});
const labels = rows.map(({ label }) => label);

describe('data of one’s own on the command line', () => {
  const at = temporaryFolder();
  const train = (data: string, ...options: string[]) =>
    json(['train', data, '--hidden', '20', '--epochs', '60', '--batch', '5', ...options, '--run', at('run')]);

  it('trains on a folder of CSV files; predicts a file without labels', async () => {
    const table = rows.map(({ label, inputs }) => [...inputs, label].join()).join('\n');
    mkdirSync(at('data'));
    for (const name of ['train.csv', 'test.csv']) writeFileSync(at('data', name), `a,b,label\n${table}\n`);
    expect((await train(at('data'))).testError).to.be.below(0.15);
    writeFileSync(at('new.csv'), `a,b\n${rows.map(({ inputs }) => inputs.join()).join('\n')}\n`);
    const predicted = await json(['predict', at('run'), at('new.csv')]);
    const right = labels.filter((label, i) => label === predicted.labels[i]).length;
    expect(right / labels.length).to.be.above(0.85);
    const { count, error } = await json(['evaluate', at('run'), at('data', 'test.csv')]);
    expect([count, 1 - error]).to.deep.equal([60, right / labels.length]);
  }).timeout(60_000);

  it('predicts a row of a table likewise, whatever rows stand beside it', async () => {
    const table = rows.map(({ label, inputs: [a, b] }) => [3 * a, 3 * b, label].join()).join('\n');
    writeFileSync(at('data.csv'), `a,b,label\n${table}\n`);
    await train(at('data.csv'));
    const whole = '3,0\n0,3\n2,1\n1,2\n';
    writeFileSync(at('whole.csv'), `a,b\n${whole}`);
    writeFileSync(at('mixed.csv'), `a,b\n${whole}2.5,0.5\n`);
    const { labels: alone } = await json(['predict', at('run'), at('whole.csv')]);
    const { labels: beside } = await json(['predict', at('run'), at('mixed.csv')]);
    expect(alone).to.deep.equal([0, 1, 0, 1]);
    expect(beside).to.deep.equal([...alone, 0]);
  }).timeout(60_000);

  it('multiplies all numbers by the scale that is given, then and later', async () => {
    const table = rows
      .map(({ label, inputs: [a, b] }) => [Math.round(9 * a), Math.round(9 * b), label].join())
      .join('\n');
    writeFileSync(at('data.csv'), `a,b,label\n${table}\n`);
    await train(at('data.csv'), '--scale', '0.1');
    const { scale, inputScale } = JSON.parse(readFileSync(at('run', 'settings.json'), 'utf8'));
    expect([scale, inputScale]).to.deep.equal([0.1, 0.1]);
    const rowsOf = async (text: string, ...options: string[]) => {
      writeFileSync(at('new.csv'), `a,b\n${text}`);
      return (await json(['predict', at('run'), at('new.csv'), '--read-out', ...options])).outputs as number[][];
    };
    const [whole] = await rowsOf('3,0\n');
    expect((await rowsOf('3,0\n2.5,0.5\n'))[0]).to.deep.equal(whole);
    expect((await rowsOf('0.3,0\n', '--scale', '1'))[0]).to.deep.equal(whole);
    expect((await rowsOf('30,0\n', '--scale', '0.01'))[0]).to.deep.equal(whole);
    expect(whole).to.have.length(2);
    expect(whole[0]).to.be.above(whole[1]);
    const { stdout } = await eqprop(['predict', at('run'), at('new.csv'), '--read-out', '--scale', '0.01']);
    expect(stdout).to.equal(`${whole.join()}\n`);
    expect(await expectFailure(2, ['predict', at('run'), at('new.csv'), '--scale', '0'])).to.include('--scale must be');
  }).timeout(60_000);

  it('evaluates examples without the last class', async () => {
    const three = rows.map(({ label, inputs }, i) => [...inputs, i < 5 ? 2 : label].join());
    writeFileSync(at('data.csv'), `a,b,label\n${three.join('\n')}\n`);
    await train(at('data.csv'));
    writeFileSync(at('few.csv'), `a,b,label\n${three.slice(5).join('\n')}\n`);
    expect(await json(['evaluate', at('run'), at('few.csv')])).to.include({ count: 55 });
  }).timeout(60_000);

  it('refuses a first line of numbers, and tables whose columns are not the same', async () => {
    const inputs = (text: string) => {
      writeFileSync(at('new.csv'), text);
      return openInputs(at('new.csv'));
    };
    await expectRejects(
      inputs('5.0,3.4\n4.9,3\n'),
      'ERR_DATA',
      `'${at('new.csv')}' must name its columns`,
      "'5.0', '3.4'",
    );
    for (const names of ['0,1,2', '1,2,3', 'a,2,3']) expect((await inputs(`${names}\n4.9,3,1\n`)).count).to.equal(1);
    expect((await inputs(',0,1,2\n0,4.9,3,1\n')).count).to.equal(1);
    for (const lost of ['0,1\n1,1\n', '1\n2\n', '4,2,7\n1,1,1\n'])
      await expectRejects(inputs(lost), 'ERR_DATA', 'name its');
    mkdirSync(at('data'));
    writeFileSync(at('data', 'train.csv'), 'a,b,label\n1,2,0\n');
    writeFileSync(at('data', 'test.csv'), 'b,a,label\n1,2,0\n');
    const part = "input 1 is 'a' in train.csv and 'b' in test.csv";
    await expectRejects(openDataset(at('data')), 'ERR_DATA', `'${at('data')}'`, part);
    writeFileSync(at('data', 'test.csv'), 'label,a,b\n0,1,2\n');
    expect((await openDataset(at('data'))).test.inputs).to.deep.equal(Uint8Array.of(1, 2));
  });

  it('trains on an NPZ file', async () => {
    const array = (descr: string, shape: string, data: ArrayBufferView) =>
      npy({
        literal: `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`,
        data: new Uint8Array(data.buffer),
      });
    const x = array('<f8', '(60, 2)', Float64Array.from(rows.flatMap(({ inputs }) => inputs)));
    const y = array('<i8', '(60,)', BigInt64Array.from(labels.map(BigInt)));
    const entries = { x_train: x, y_train: y, x_test: x, y_test: y };
    const archive = zip(Object.entries(entries).map(([name, content]) => ({ name: `${name}.npy`, content })));
    writeFileSync(at('arrays.npz'), archive);
    expect((await train(at('arrays.npz'), '--scale', '0.9')).testError).to.be.below(0.15);
    const history = readFileSync(at('run', 'history.jsonl'), 'utf8').trim().split('\n');
    const { validation } = JSON.parse(history[history.length - 1]);
    expect(await json(['evaluate', at('run'), at('arrays.npz')])).to.include(validation);
    writeFileSync(at('arrays.npz'), archive.subarray(0, -1));
    expect(await expectFailure(1, ['evaluate', at('run'), at('arrays.npz')])).to.include(at('arrays.npz'));
  }).timeout(60_000);

  it('says how to name the labels', async () => {
    writeFileSync(at('a.csv'), 'a,class\n1,2\n');
    const { code, stderr } = await eqprop(['train', at('a.csv')]);
    expect(code).to.equal(1);
    expect(stderr).to.include("no column 'label'").and.include("its columns are 'a', 'class'");
  });
});
