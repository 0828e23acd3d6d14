import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readNpz } from '../../lib/data/npz.js';
import { npzDataset } from '../../lib/data/npz-dataset.js';
import { openDataset } from '../../lib/data/open.js';
import { ArgumentError, DataError } from '../../lib/errors.js';
import { expectError, temporaryFolder } from '../files/support.js';
import { npy } from '../malformed/npy.js';
import { zip } from '../malformed/npz.js';

/** np.savez_compressed('keras.npz', x_train=np.arange(12, dtype=np.uint8).reshape(3, 2, 2), y_train=[0, 2, 1],
 * x_test=np.arange(4, dtype=np.uint8).reshape(1, 2, 2), y_test=[[1]]), by NumPy 2.4: four arrays as Keras calls them. */
const KERAS = Buffer.from(
  'UEsDBC0AAAAIAAAAIQCaCbEc//////////8LABQAeF90cmFpbi5ucHkBABAAjAAAAAAAAABUAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5T' +
    'aqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CkZApKmjUKtAHuBiYGRiZmFlY+fg5OIGAFBLAwQtAAAACAAAACEA5vNVTf//////' +
    '////CwAUAHlfdHJhaW4ubnB5AQAQAJgAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wp' +
    'TgWKF2ckFqQC+RrGOpo6CrUKFAAuBihggtKMUBoAUEsDBC0AAAAIAAAAIQBI2nZq//////////8KABQAeF90ZXN0Lm5weQEAEACEAAAAAAAAAEwA' +
    'AAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahjoKRkCkqaNQq0Ae4GJgZGIGAFBL' +
    'AwQtAAAACAAAACEADqoEpf//////////CgAUAHlfdGVzdC5ucHkBABAAiAAAAAAAAABKAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGu' +
    'o6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6CoaaOgq1CmQDLkYGCAAAUEsBAi0DLQAAAAgAAAAhAJoJsRxUAAAAjAAAAAsAAAAAAAAA' +
    'AAAAAIABAAAAAHhfdHJhaW4ubnB5UEsBAi0DLQAAAAgAAAAhAObzVU1MAAAAmAAAAAsAAAAAAAAAAAAAAIABkQAAAHlfdHJhaW4ubnB5UEsBAi0D' +
    'LQAAAAgAAAAhAEjadmpMAAAAhAAAAAoAAAAAAAAAAAAAAIABGgEAAHhfdGVzdC5ucHlQSwECLQMtAAAACAAAACEADqoEpUoAAACIAAAACgAAAAAA' +
    'AAAAAAAAgAGiAQAAeV90ZXN0Lm5weVBLBQYAAAAABAAEAOIAAAAoAgAAAAA=',
  'base64',
);

const float32 = (shape: string, numbers: readonly number[]) =>
  npy({
    literal: `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`,
    data: new Uint8Array(Float32Array.from(numbers).buffer),
  });

describe('readNpz', () => {
  const at = temporaryFolder();

  function file(content: Uint8Array): string {
    writeFileSync(at('arrays.npz'), content);
    return at('arrays.npz');
  }

  it("reads NumPy's arrays by name", async () => {
    const arrays = await readNpz(file(KERAS));
    expect([...arrays.keys()]).to.have.members(['x_train', 'y_train', 'x_test', 'y_test']);
    expect(arrays.get('x_train')?.shape).to.deep.equal([3, 2, 2]);
    expect([...(arrays.get('x_train')?.data ?? [])]).to.deep.equal(Array.from({ length: 12 }, (_, i) => i));
    expect(arrays.get('y_train')?.data).to.deep.equal(BigInt64Array.of(0n, 2n, 1n));
    expect(arrays.get('y_test')?.shape).to.deep.equal([1, 1]);
  });

  it('reads those that are asked for, and stored ones', async () => {
    const archive = zip([
      { name: 'a.npy', stored: true, content: float32('(2,)', [1.5, -2]) },
      { name: 'b.npy', crc: 7 },
    ]);
    const arrays = await readNpz(file(archive), { names: ['a'] }); // the damaged one is left alone
    expect([...arrays]).to.deep.equal([['a', { shape: [2], data: Float32Array.of(1.5, -2) }]]);
  });

  it('inflates more than one piece', async () => {
    const numbers = Array.from({ length: 200_000 }, (_, i) => Math.sin(i));
    const arrays = await readNpz(file(zip([{ name: 'a.npy', content: float32('(200000,)', numbers) }])));
    expect(arrays.get('a')?.data).to.deep.equal(Float32Array.from(numbers));
  });

  it('keeps names apart from prototypes', async () => {
    const arrays = await readNpz(file(zip([{ name: '__proto__.npy' }])));
    expect(arrays.has('__proto__')).to.equal(true);
    expect(({} as Record<string, unknown>).shape).to.equal(undefined);
  });

  it('names the arrays that there are, and refuses wrong options', async () => {
    await expectError(() => readNpz(file(KERAS), { names: ['x'] }), DataError, 'ERR_DATA', "no array 'x'", 'x_train');
    await expectError(() => readNpz(file(KERAS), { names: 'x' as never }), ArgumentError, 'ERR_ARGUMENT', 'names');
    await expectError(
      () => readNpz(file(KERAS), { name: 'x' } as never),
      ArgumentError,
      'ERR_NAME',
      "readNpz options has no option 'name'",
    );
  });

  it('refuses more than 2 GiB that are compressed before anything is inflated', async () => {
    const body = Buffer.alloc(2 ** 20);
    const bombs = ['a', 'b', 'c'].map((name) => ({ name: `${name}.npy`, body, size: 2 ** 30 }));
    await expectError(() => readNpz(file(zip(bombs))), DataError, 'ERR_DATA', 'at most 2147483648 bytes');
  });
});

describe('npzDataset', () => {
  const at = temporaryFolder();
  const file = (content: Uint8Array) => {
    writeFileSync(at('arrays.npz'), content);
    return at('arrays.npz');
  };

  it('makes a data set of two arrays', async () => {
    const data = await npzDataset(file(KERAS), { inputs: 'x_train', labels: 'y_train' });
    expect(data).to.include({ name: 'arrays.npz', count: 3, classes: 3, scale: 1 / 255 });
    expect(data.shape).to.deep.equal([2, 2]);
    expect(data.labels).to.deep.equal(Uint32Array.of(0, 2, 1));
  });

  it('takes targets and floats', async () => {
    const archive = zip([
      { name: 'x.npy', content: float32('(2, 3)', [1, 2, 3, 4, 5, 6]) },
      { name: 'y.npy', content: float32('(2, 2)', [0.5, 1, -1, 0]) },
    ]);
    const data = await npzDataset(file(archive), { inputs: 'x', targets: 'y', scale: 0.5, name: 'two' });
    expect(data.inputs).to.deep.equal(Float32Array.of(0.5, 1, 1.5, 2, 2.5, 3));
    expect(data.targets).to.deep.equal(Float32Array.of(0.5, 1, -1, 0));
    expect(data.name).to.equal('two');
  });

  it('refuses arrays that do not belong together', async () => {
    const make = (options: object) => () => npzDataset(file(KERAS), options as never);
    await expectError(make({ inputs: 'x_train', labels: 'y_test' }), DataError, 'ERR_DATA', 'y_test', '[3]');
    await expectError(make({ inputs: 'y_train', labels: 'y_train' }), DataError, 'ERR_DATA', 'y_train', '[count, …]');
    await expectError(make({ inputs: 'x_train', labels: 'x_train' }), DataError, 'ERR_DATA', '[3, 2, 2]');
    const few = { inputs: 'x_train', labels: 'y_train', classes: 2 };
    await expectError(make(few), DataError, 'ERR_DATA', 'from 0 to 1', '2 stands at index 1');
    await expectError(make({ inputs: 'x_train' }), ArgumentError, 'ERR_ARGUMENT', 'neither');
    await expectError(
      make({ inputs: 'x_train', labels: 'y_train', targets: 'y_train' }),
      ArgumentError,
      'ERR_ARGUMENT',
      'both',
    );
  });

  it('refuses numbers that 32-bit floats do not have', async () => {
    const archive = zip([
      { name: 'x.npy', content: float32('(1, 2)', [1, Infinity]) },
      { name: 'y.npy', content: float32('(1,)', [0]) },
    ]);
    const make = () => npzDataset(file(archive), { inputs: 'x', labels: 'y' });
    await expectError(make, DataError, 'ERR_DATA', "'x'", 'Infinity stands at index 1');
  });
});

describe('openDataset of an NPZ file', () => {
  const at = temporaryFolder();

  it("reads Keras's four arrays, and x and y", async () => {
    writeFileSync(at('digits.npz'), KERAS);
    const { train, test } = await openDataset(at('digits.npz'));
    expect([train.name, train.count, test.name, test.count]).to.deep.equal([
      'digits.npz train',
      3,
      'digits.npz test',
      1,
    ]);
    expect([train.classes, test.classes]).to.deep.equal([3, 3]);
    const pair = zip([
      { name: 'x.npy', content: float32('(1, 2)', [1, 2]) },
      { name: 'y.npy', content: float32('(1,)', [1]) },
    ]);
    writeFileSync(at('pair.npz'), pair);
    expect((await openDataset(at('pair.npz'))).test.labels).to.deep.equal(Uint32Array.of(1));
  });
});
