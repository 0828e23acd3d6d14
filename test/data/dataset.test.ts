import { expect } from 'chai';
import { Dataset, type DatasetOptions, dataset, inputsOnly } from '../../lib/data/dataset.js';
import { ArgumentError } from '../../lib/errors.js';
import { expectError } from '../files/support.js';

const bytes = Uint8Array.of(0, 51, 102, 153, 204, 255);
const floats = Float32Array.of(0, 0.5, 1, -1, 2, -2);

describe('dataset', () => {
  it('takes bytes, labels and the usual scale', () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1] });
    expect(data).to.be.instanceOf(Dataset);
    expect(data.inputs).to.equal(bytes);
    expect(data).to.deep.include({ name: 'dataset', count: 3, shape: [2], scale: 1 / 255, classes: 3, targetSize: 3 });
    expect(data.labels).to.deep.equal(Uint32Array.of(0, 2, 1));
    expect(data.targets).to.equal(undefined);
  });

  it('takes floats as they are', () => {
    const data = dataset({ inputs: floats, shape: [1, 3], labels: [1, 0], name: 'two' });
    expect(data).to.include({ name: 'two', count: 2, scale: 1 });
    expect(dataset({ inputs: floats, shape: [6], labels: [0], scale: 1 }).scale).to.equal(1);
  });

  it('takes labels of any whole-number array, and copies them', () => {
    for (const labels of [Uint8Array.of(1, 0), Uint32Array.of(1, 0), Int32Array.of(1, 0), [1, 0]]) {
      const data = dataset({ inputs: floats, shape: [3], labels, classes: 7 });
      labels[0] = 5;
      expect(data.labels).to.deep.equal(Uint32Array.of(1, 0));
      expect(data).to.include({ classes: 7, targetSize: 7 });
    }
  });

  it('takes targets of either precision', () => {
    for (const targets of [Float32Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4)]) {
      const data = dataset({ inputs: floats, shape: [3], targets });
      expect(data.targets).to.deep.equal(Float32Array.of(1, 2, 3, 4));
      expect(data).to.include({ count: 2, targetSize: 2, labels: undefined, classes: undefined });
    }
  });

  it('takes inputs alone where that is said', async () => {
    const data = inputsOnly({ inputs: bytes, shape: [2], name: 'new' });
    expect(data).to.include({ name: 'new', count: 3, scale: 1 / 255, labels: undefined, targetSize: 0 });
    expect(data.slice(1).inputsAsFloats()).to.deep.equal(Float32Array.of(0.4, 0.6, 0.8, 1));
    const options = { inputs: bytes, shape: [2], labels: [0, 1, 2] };
    await expectError(
      () => inputsOnly(options),
      ArgumentError,
      'ERR_NAME',
      "inputsOnly options has no option 'labels'",
    );
    await expectError(() => inputsOnly({ inputs: bytes, shape: [4] }), ArgumentError, 'ERR_SHAPE', 'multiple of 4');
  });

  it('is immutable', () => {
    const shape = [2];
    const data = dataset({ inputs: bytes, shape, labels: [0, 2, 1] });
    shape[0] = 9;
    expect(data.shape).to.deep.equal([2]);
    expect(Object.isFrozen(data) && Object.isFrozen(data.shape)).to.equal(true);
  });

  const refused: [string, Record<string, unknown>, string, string[]][] = [
    ['no options', { inputs: undefined }, 'ERR_ARGUMENT', ['inputs', 'undefined']],
    ['an unknown option', { lables: [1] }, 'ERR_NAME', ['lables', 'labels']],
    ['inputs of another type', { inputs: new Float64Array(6) }, 'ERR_ARGUMENT', ['inputs', 'Float64Array']],
    ['inputs that are not finite', { inputs: Float32Array.of(1, Number.NaN) }, 'ERR_ARGUMENT', ['inputs', 'NaN']],
    ['no inputs', { inputs: new Uint8Array(0) }, 'ERR_SHAPE', ['inputs', '0 were given']],
    ['inputs that do not fill the shape', { inputs: new Uint8Array(7) }, 'ERR_SHAPE', ['multiple of 2', '7']],
    ['an empty shape', { shape: [] }, 'ERR_ARGUMENT', ['shape']],
    ['a shape with a zero', { shape: [2, 0] }, 'ERR_ARGUMENT', ['shape[1]', '0']],
    ['too few labels', { labels: [0, 1] }, 'ERR_SHAPE', ['labels', '3', '2 were given']],
    ['labels of another type', { labels: new Float32Array(3) }, 'ERR_ARGUMENT', ['labels', 'Float32Array']],
    ['a negative label', { labels: Int32Array.of(0, -1, 0) }, 'ERR_ARGUMENT', ['labels[1]', '-1']],
    ['a label that is not whole', { labels: [0, 0, 0.5] }, 'ERR_ARGUMENT', ['labels[2]', '0.5']],
    ['a label above the classes', { labels: [0, 3, 0], classes: 3 }, 'ERR_ARGUMENT', ['labels[1]', 'to 2', '3']],
    ['no classes', { classes: 0 }, 'ERR_ARGUMENT', ['classes', '0']],
    ['neither labels nor targets', { labels: undefined }, 'ERR_ARGUMENT', ['labels', 'targets', 'neither']],
    ['both labels and targets', { targets: new Float32Array(3) }, 'ERR_ARGUMENT', ['labels', 'targets', 'both']],
    ['a negative scale', { scale: -1 }, 'ERR_ARGUMENT', ['scale', '-1']],
    ['a scale that no float holds', { scale: 1e300 }, 'ERR_ARGUMENT', ['scale', '1e+300']],
    ['a scale for floats', { inputs: floats, scale: 0.5 }, 'ERR_ARGUMENT', ['scale', '0.5']],
    ['a name that is no string', { name: 5 }, 'ERR_ARGUMENT', ['name', '5']],
  ];
  for (const [what, change, code, parts] of refused) {
    it(`refuses ${what}`, () => {
      const options = { inputs: bytes, shape: [2], labels: [0, 2, 1], ...change } as DatasetOptions;
      return expectError(() => dataset(options), ArgumentError, code, ...parts);
    });
  }

  it('refuses targets that are uneven, not finite or with classes', async () => {
    const make = (targets: Float32Array | Float64Array, classes?: number) => () =>
      dataset({ inputs: bytes, shape: [2], targets, classes });
    await expectError(make(new Float32Array(4)), ArgumentError, 'ERR_SHAPE', 'targets', '3 inputs', '4 were given');
    await expectError(make(new Float32Array(0)), ArgumentError, 'ERR_SHAPE', 'targets', '0 were given');
    await expectError(make(Float32Array.of(0, 1, Infinity)), ArgumentError, 'ERR_ARGUMENT', 'targets', 'Infinity');
    await expectError(make(Float64Array.of(0, 1, 1e300)), ArgumentError, 'ERR_ARGUMENT', 'targets', 'Infinity');
    await expectError(make(new Float32Array(3), 2), ArgumentError, 'ERR_ARGUMENT', 'classes', 'targets');
  });

  it('refuses detached arrays', async () => {
    const inputs = Uint8Array.of(1, 2);
    structuredClone(inputs, { transfer: [inputs.buffer] });
    await expectError(() => dataset({ inputs, shape: [2], labels: [0] }), ArgumentError, 'ERR_ARGUMENT', 'detached');
  });
});

describe('Dataset', () => {
  it('slices labels and inputs without copying', () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1], name: 'three' });
    const rest = data.slice(1);
    expect(rest).to.deep.include({ name: 'three', count: 2, shape: [2], classes: 3, targetSize: 3, scale: 1 / 255 });
    expect(rest.inputs).to.deep.equal(Uint8Array.of(102, 153, 204, 255));
    expect(rest.inputs.buffer).to.equal(bytes.buffer);
    expect(rest.labels).to.deep.equal(Uint32Array.of(2, 1));
    expect(rest.labels?.buffer).to.equal(data.labels?.buffer);
    expect(rest.slice(1, 2).labels).to.deep.equal(Uint32Array.of(1));
  });

  it('slices targets', () => {
    const data = dataset({ inputs: floats, shape: [2], targets: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(data.slice(1, 2).targets).to.deep.equal(Float32Array.of(3, 4));
    expect(data.slice(1, 2).inputs).to.deep.equal(Float32Array.of(1, -1));
  });

  it('refuses slices that are empty or reach outside', async () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1] });
    const slice = (start: number, end?: number) => () => data.slice(start, end);
    await expectError(slice(3), ArgumentError, 'ERR_ARGUMENT', 'start', '3');
    await expectError(slice(-1), ArgumentError, 'ERR_ARGUMENT', 'start', '-1');
    await expectError(slice(1, 1), ArgumentError, 'ERR_ARGUMENT', 'end', '1');
    await expectError(slice(0, 4), ArgumentError, 'ERR_ARGUMENT', 'end', '4');
    await expectError(slice(0, 1.5), ArgumentError, 'ERR_ARGUMENT', 'end', '1.5');
  });

  it('gives inputs as floats, scaled', () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1] });
    expect(data.inputsAsFloats()).to.deep.equal(Float32Array.from([0, 0.2, 0.4, 0.6, 0.8, 1]));
    expect(data.inputsAsFloats(1, 2)).to.deep.equal(Float32Array.from([0.4, 0.6]));
    expect(data.inputsAsFloats(3)).to.have.length(0);
    expect(data.slice(1).inputsAsFloats(0, 1)).to.deep.equal(Float32Array.from([0.4, 0.6]));
  });

  it('gives float inputs as a copy', () => {
    const data = dataset({ inputs: floats, shape: [3], labels: [0, 1] });
    const copy = data.inputsAsFloats();
    expect(copy).to.deep.equal(floats);
    expect(copy.buffer).not.to.equal(floats.buffer);
  });

  it('refuses to give inputs outside', async () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1] });
    await expectError(() => data.inputsAsFloats(0, 4), ArgumentError, 'ERR_ARGUMENT', 'to', '4');
    await expectError(() => data.inputsAsFloats(2, 1), ArgumentError, 'ERR_ARGUMENT', 'to', '1');
  });

  it('takes another scale for the same bytes', async () => {
    const data = dataset({ inputs: bytes, shape: [2], labels: [0, 2, 1], name: 'three' }).withScale(1 / 256);
    expect(data).to.deep.include({ scale: 1 / 256, name: 'three', count: 3 });
    expect(data.inputs).to.equal(bytes);
    expect(data.inputsAsFloats()[5]).to.equal(255 / 256);
    await expectError(() => data.withScale(0), ArgumentError, 'ERR_ARGUMENT', 'scale', '0');
    const ofFloats = dataset({ inputs: floats, shape: [3], labels: [0, 1] });
    await expectError(() => ofFloats.withScale(2), ArgumentError, 'ERR_ARGUMENT', 'scale', 'floats');
  });
});
