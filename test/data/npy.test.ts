import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { readNpy } from '../../lib/data/npy.js';
import { temporaryFolder } from '../files/support.js';

/** As NumPy writes it, for numbers in the bytes given. */
function npy(descr: string, fortran: boolean, shape: string, data: Uint8Array, version = 1): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const literal = `${text.padEnd(117)}\n`;
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(literal.length, 0, length.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Uint8Array.of(version, 0),
    length,
    Buffer.from(literal),
    data,
  ]);
}

/** Numbers in a byte order. */
function bytes(type: string, numbers: readonly number[], big: boolean): Uint8Array {
  const width = Number(type.slice(1));
  const view = new DataView(new ArrayBuffer(width * numbers.length));
  numbers.forEach((x, i) => {
    const at = i * width;
    if (type === 'f4') view.setFloat32(at, x, !big);
    else if (type === 'f8') view.setFloat64(at, x, !big);
    else if (width === 8) view.setBigInt64(at, BigInt(x), !big);
    else if (width === 4) view.setInt32(at, x, !big);
    else if (width === 2) view.setInt16(at, x, !big);
    else view.setInt8(at, x);
  });
  return new Uint8Array(view.buffer);
}

const NUMBERS = [1, 2, 3, 250, -251, 120];
const TYPES = { f4: Float32Array, f8: Float64Array, i2: Int16Array, i4: Int32Array, i8: BigInt64Array } as const;

describe('readNpy', () => {
  const at = temporaryFolder();

  function read(content: Uint8Array) {
    writeFileSync(at('array.npy'), content);
    return readNpy(at('array.npy'));
  }

  for (const [type, array] of Object.entries(TYPES)) {
    for (const order of ['<', '>']) {
      it(`reads ${order}${type}, row-major and column-major`, async () => {
        const rows = await read(npy(order + type, false, '(2, 3)', bytes(type, NUMBERS, order === '>')));
        expect(rows.shape).to.deep.equal([2, 3]);
        expect(rows.data).to.be.an.instanceOf(array);
        expect(Array.from(rows.data, Number)).to.deep.equal(NUMBERS);
        const columns = [0, 3, 1, 4, 2, 5].map((i) => NUMBERS[i]);
        const transposed = await read(npy(order + type, true, '(2, 3)', bytes(type, columns, order === '>')));
        expect(Array.from(transposed.data, Number)).to.deep.equal(NUMBERS);
      });
    }
  }

  it('reads bytes and bool', async () => {
    const content = Uint8Array.of(0, 1, 255);
    for (const descr of ['|u1', '<u1', '>u1', '|b1']) {
      expect(await read(npy(descr, false, '(3,)', content))).to.deep.equal({ shape: [3], data: content });
    }
    expect((await read(npy('|i1', false, '(3,)', content))).data).to.deep.equal(Int8Array.of(0, 1, -1));
  });

  it('reads unsigned whole numbers', async () => {
    const all = new Uint8Array(8).fill(255);
    expect((await read(npy('<u2', false, '(4,)', all))).data).to.deep.equal(Uint16Array.of(65535, 65535, 65535, 65535));
    expect((await read(npy('<u4', false, '(2,)', all))).data).to.deep.equal(Uint32Array.of(2 ** 32 - 1, 2 ** 32 - 1));
    expect((await read(npy('<u8', false, '()', all))).data).to.deep.equal(BigUint64Array.of(2n ** 64n - 1n));
  });

  it('reads three dimensions column-major', async () => {
    // NumPy's np.asfortranarray(np.arange(24).reshape(2, 3, 4))
    const inMemory = Uint8Array.from({ length: 24 }, (_, i) => {
      const [a, b, c] = [i % 2, Math.floor(i / 2) % 3, Math.floor(i / 6)];
      return 12 * a + 4 * b + c;
    });
    const { data } = await read(npy('|u1', true, '(2, 3, 4)', inMemory));
    expect([...data]).to.deep.equal(Array.from({ length: 24 }, (_, i) => i));
  });

  it('reads a single number, no numbers, and the longs of Python 2', async () => {
    expect(await read(npy('|u1', false, '()', Uint8Array.of(7)))).to.deep.equal({ shape: [], data: Uint8Array.of(7) });
    expect((await read(npy('<f8', true, '(0, 3)', Buffer.alloc(0)))).shape).to.deep.equal([0, 3]);
    expect((await read(npy('|u1', false, '(2L, 1L)', Buffer.alloc(2)))).shape).to.deep.equal([2, 1]);
  });

  for (const version of [2, 3]) {
    it(`reads version ${version}.0`, async () => {
      expect((await read(npy('|u1', false, '(2,)', Uint8Array.of(8, 9), version))).data).to.deep.equal(
        Uint8Array.of(8, 9),
      );
    });
  }
});
