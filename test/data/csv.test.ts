import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type CsvOptions, readCsv } from '../../lib/data/csv.js';
import { csvDataset } from '../../lib/data/csv-dataset.js';
import { openDataset, openInputs } from '../../lib/data/open.js';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';

describe('readCsv', () => {
  const at = temporaryFolder();

  function read(text: string, options?: CsvOptions) {
    writeFileSync(at('table.csv'), text);
    return readCsv(at('table.csv'), options);
  }

  it('reads numbers with and without names', async () => {
    expect(await read('1,2\n3,4')).to.deep.equal({
      columns: undefined,
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, 4),
    });
    expect(await read('a,b\n1,2\n')).to.deep.equal({ columns: ['a', 'b'], shape: [1, 2], data: Float32Array.of(1, 2) });
  });

  it('reads every way to write a number', async () => {
    const { data } = await read('+1,-2.5,.5,5.,1e3\n-1E-3, 7 ,"8"," 9 ",123456789012\r\n');
    const wanted = [1, -2.5, 0.5, 5, 1000, -0.001, 7, 8, 9, 123456789012];
    expect(data).to.deep.equal(Float32Array.from(wanted));
  });

  it('reads CRLF, a byte order mark, empty lines at the end, names in quotes', async () => {
    const { columns, data } = await read('\ufeff"a, b", "c ""d"""\r\n1,2\r\n3,4\r\n\r\n\n');
    expect(columns).to.deep.equal(['a, b', 'c "d"']);
    expect(data).to.deep.equal(Float32Array.of(1, 2, 3, 4));
  });

  it('takes other separators, and numbers for names where it is told', async () => {
    expect((await read('1;2', { separator: ';' })).data).to.deep.equal(Float32Array.of(1, 2));
    expect((await read('label\t1\n2\t3', { separator: '\t', header: true })).columns).to.deep.equal(['label', '1']);
    expect((await read('1,2\n3,4', { header: true })).columns).to.deep.equal(['1', '2']);
    await expectError(() => read('a,b\n1,2', { header: false }), DataError, 'ERR_DATA', 'line 1, column 1', "'a'");
  });

  it('reads lines across pieces of the file', async () => {
    const rows = Array.from({ length: 9000 }, (_, i) => Array.from({ length: 50 }, (_, j) => (i * j) % 1000));
    const { shape, data } = await read(rows.map((row) => row.join()).join('\n'));
    expect(shape).to.deep.equal([9000, 50]);
    expect(data).to.deep.equal(Float32Array.from(rows.flat()));
  });

  it('refuses wrong options', async () => {
    await expectError(() => read('1', { separator: '|' as never }), ArgumentError, 'ERR_NAME', 'separator');
    await expectError(() => read('1', { header: 1 as never }), ArgumentError, 'ERR_ARGUMENT', 'header');
    await expectError(
      () => read('1', { delimiter: ',' } as never),
      ArgumentError,
      'ERR_NAME',
      "readCsv options has no option 'delimiter'",
    );
  });
});

describe('csvDataset', () => {
  const at = temporaryFolder();
  const file = (text: string) => {
    writeFileSync(at('table.csv'), text);
    return at('table.csv');
  };

  it('takes the labels from the first, the last or a named column', async () => {
    for (const [label, text] of [
      ['first', '2,10,20\n0,30,255'],
      ['last', '10,20,2\n30,255,0'],
      ['class', 'x,class,y\n10,2,20\n30,0,255'],
    ]) {
      const data = await csvDataset(file(text), { label });
      expect(data.labels, label).to.deep.equal(Uint32Array.of(2, 0));
      expect(data.inputs, label).to.deep.equal(Uint8Array.of(10, 20, 30, 255));
      expect(data).to.include({ name: 'table.csv', count: 2, classes: 3, scale: 1 / 255 });
    }
  });

  it('keeps other numbers as they are, and those of 0 and 1', async () => {
    const floats = await csvDataset(file('0,0.5,-1'), { label: 'first' });
    expect([floats.inputs, floats.scale]).to.deep.equal([Float32Array.of(0.5, -1), 1]);
    const bits = await csvDataset(file('0,0,1'), { label: 'first' });
    expect([...bits.inputsAsFloats()]).to.deep.equal([0, 1]);
    const scaled = await csvDataset(file('0,0.5,-1'), { label: 'first', scale: 2, shape: [2, 1], classes: 4 });
    expect([scaled.inputs, scaled.shape, scaled.classes]).to.deep.equal([Float32Array.of(1, -2), [2, 1], 4]);
  });

  it('refuses a shape that the columns do not have, and no label', async () => {
    const make = (options: object) => () => csvDataset(file('0,1,2'), options as never);
    await expectError(make({ label: 'first', shape: [3] }), DataError, 'ERR_DATA', '[3] inputs', 'has 3');
    await expectError(make({}), ArgumentError, 'ERR_ARGUMENT', 'label');
    await expectError(make({ label: 'first', classes: 0 }), ArgumentError, 'ERR_ARGUMENT', 'classes');
  });
});

describe('openDataset of CSV files', () => {
  const at = temporaryFolder();

  it('reads a file with a column label', async () => {
    writeFileSync(at('a.csv'), 'label,1,2\n1,255,0\n0,7,8\n');
    const { train, test } = await openDataset(at('a.csv'));
    expect(train).to.equal(test);
    expect(test).to.include({ name: 'a.csv', count: 2, classes: 2 });
    writeFileSync(at('b.csv'), '5,0,0\n1,2,3');
    await expectError(() => openDataset(at('b.csv')), DataError, 'ERR_DATA', "'label'", "are '5', '0', '0'");
  });

  it('reads a folder, with the classes, the kind and the scale of both files', async () => {
    mkdirSync(at('data'));
    writeFileSync(at('data', 'train.csv'), 'label,x\n0,1\n1,0\n');
    writeFileSync(at('data', 'test.csv'), 'label,x\n2,0.5\n');
    const { train, test } = await openDataset(at('data'));
    expect([train.classes, test.classes, train.targetSize]).to.deep.equal([3, 3, 3]);
    expect([train.inputs, test.inputs]).to.deep.equal([Float32Array.of(1, 0), Float32Array.of(0.5)]);
    const huge = () => openDataset(at('data'), { scale: 1e30 });
    writeFileSync(at('data', 'test.csv'), 'label,x\n2,1e20\n');
    await expectError(huge, DataError, 'ERR_DATA', `'${at('data', 'test.csv')}'`, 'multiplied by 1e+30');
    writeFileSync(at('data', 'test.csv'), 'label,x\n2,0.5\n');
    const half = await openDataset(at('data'), { scale: 0.5 });
    expect([half.train.inputs, half.test.inputs]).to.deep.equal([Float32Array.of(0.5, 0), Float32Array.of(0.25)]);
    writeFileSync(at('data', 'test.csv'), 'label,x\n2,255\n');
    expect((await openDataset(at('data'))).train.scale).to.equal(1 / 255);
    writeFileSync(at('data', 'test.csv'), 'label,x,y\n2,255,0\n');
    await expectError(() => openDataset(at('data')), DataError, 'ERR_DATA', 'one shape', '[1]', '[2]');
  });

  it('needs no labels for what is to predict', async () => {
    writeFileSync(at('a.csv'), 'x,y\n255,0\n');
    const inputs = await openInputs(at('a.csv'));
    expect([inputs.count, inputs.labels, inputs.targetSize, [...inputs.inputsAsFloats()]]).to.deep.equal([
      1,
      undefined,
      0,
      [1, 0],
    ]);
  });
});
