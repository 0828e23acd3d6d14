import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { ArgumentError, DataError } from '../../lib/errors.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type Tensor,
  writeSafetensors,
} from '../../lib/files/safetensors.js';
import { expectError, temporaryFolder } from './support.js';

const all = new Map<string, Tensor>([
  ['bytes', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
  ['dense1.weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1, -2, 0.5, Infinity, Number.NaN, -0) }],
  ['double', { dtype: 'F64', shape: [], data: Float64Array.of(Math.PI) }],
  ['empty', { dtype: 'F32', shape: [0, 4], data: new Float32Array(0) }],
  ['signed', { dtype: 'I32', shape: [2, 1], data: Int32Array.of(-1, 2 ** 31 - 1) }],
  ['unsigned', { dtype: 'U32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) }],
  ['ünïcode "𝄞"', { dtype: 'U8', shape: [1, 1], data: Uint8Array.of(7) }],
  ['__proto__', { dtype: 'U8', shape: [1], data: Uint8Array.of(8) }],
  ['7', { dtype: 'U8', shape: [1], data: Uint8Array.of(9) }],
]);
const text = { preset: 'paper-1', note: 'line\n"quoted" ✓', empty: '' };

/** Whole bytes: the length of `header`, `header` itself, then `size` bytes of data. */
function file(header: string | Uint8Array, size = 0, length?: number | bigint): Buffer {
  const bytes = Buffer.from(header as string);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(length ?? bytes.length));
  return Buffer.concat([start, bytes, Buffer.alloc(size, 1)]);
}

/** The header of a tensor 'a', some fields replaced. */
function tensor(fields: object): string {
  return JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...fields } });
}

/** The header of several tensors of bytes, by their offsets. */
function places(...offsets: [number, number][]): string {
  const entries = offsets.map(([a, b], i) => [`t${i}`, { dtype: 'U8', shape: [b - a], data_offsets: [a, b] }]);
  return JSON.stringify(Object.fromEntries(entries));
}

const bad: [string, Uint8Array, string[]][] = [
  ['an empty file', new Uint8Array(0), ['0 bytes']],
  ['fewer than 8 bytes', new Uint8Array(7), ['7 bytes']],
  ['no header', file(''), ["begin with '{'"]],
  ['a header beyond the end', file('{}', 0, 3), ['3 bytes long', '2 bytes follow']],
  ['a header above the limit', file('{}', 0, 100_000_001), ['100000001', 'limit']],
  ['a header length of 2^64 - 1', file('{}', 0, 2n ** 64n - 1n), ['18446744073709551615']],
  ['a foreign file', Buffer.from('\x89PNG\r\n\x1a\n and what follows'), ['header']],
  ['a header that is an array', file('[]'), ["begin with '{'"]],
  ['a header after a space', file(' {}'), ["begin with '{'"]],
  ['a header after a byte order mark', file('\ufeff{}'), ["begin with '{'"]],
  ['padding other than spaces', file('{}\n'), ["end with '}'"]],
  ['padding of zeros', file('{}\0\0'), ["end with '}'"]],
  ['invalid UTF-8', file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), ['UTF-8']],
  ['invalid JSON', file('{"a":}'), ['JSON']],
  ['two objects', file('{}{}'), ['JSON']],
  ['a tensor twice', file(`${tensor({}).slice(0, -1)},${tensor({}).slice(1)}`, 8), ["'a' twice"]],
  ['a field twice', file(tensor({}).replace('"shape"', '"dtype":"F64","shape"'), 8), ["'dtype' twice"]],
  ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), ['twice']],
  ['metadata that is no object', file('{"__metadata__":["a"]}'), ['__metadata__', 'object']],
  ['metadata that is null', file('{"__metadata__":null}'), ['__metadata__', 'object']],
  ['metadata that is no string', file('{"__metadata__":{"epoch":1}}'), ['string', "'epoch'"]],
  ['a tensor that is null', file('{"a":null}'), ["'a'", 'object']],
  ['a tensor that is an array', file('{"a":[1]}'), ["'a'", 'object']],
  ['a dtype that is not supported', file(tensor({ dtype: 'BF16' }), 8), ["'BF16'", 'F64, F32, I32, U32, U8']],
  ['a dtype of the prototype', file(tensor({ dtype: 'toString' }), 8), ['dtype', "'toString'"]],
  ['no dtype', file(tensor({ dtype: undefined }), 8), ['dtype', 'none']],
  ['no shape', file(tensor({ shape: undefined }), 8), ['shape']],
  ['a negative shape', file(tensor({ shape: [-2, -1] }), 8), ['shape']],
  ['a shape that is not whole', file(tensor({ shape: [0.5, 4] }), 8), ['shape']],
  ['a shape of text', file(tensor({ shape: ['2'] }), 8), ['shape']],
  ['a shape that overflows', file(tensor({ shape: [2 ** 32, 2 ** 32] }), 8), ['too large']],
  ['a shape that overflows before a 0', file(tensor({ shape: [2 ** 52, 4, 0], data_offsets: [0, 0] })), ['too large']],
  ['bytes that overflow', file(tensor({ shape: [2 ** 52] }), 8), ['too large']],
  ['a shape above 2^53', file(tensor({}).replace('[2]', '[9007199254740993]'), 8), ['shape']],
  ['no offsets', file(tensor({ data_offsets: undefined }), 8), ['data_offsets']],
  ['three offsets', file(tensor({ data_offsets: [0, 4, 8] }), 8), ['data_offsets']],
  ['a negative offset', file(tensor({ data_offsets: [-8, 0] }), 8), ['data_offsets']],
  ['offsets that do not fit the shape', file(tensor({ data_offsets: [0, 7] }), 7), ['takes 8 bytes', '[0, 7]']],
  ['offsets in reverse', file(tensor({ data_offsets: [8, 0] }), 8), ['takes 8 bytes', '[8, 0]']],
  ['a first tensor that does not begin at 0', file(places([1, 4]), 4), ["'t0'", 'gap']],
  ['a gap between tensors', file(places([0, 2], [3, 4]), 4), ["'t1'", 'gap']],
  ['tensors that overlap', file(places([0, 3], [2, 4]), 4), ["'t1'", 'overlaps']],
  ['tensors at one place', file(places([0, 4], [0, 4]), 4), ["'t1'", 'overlaps']],
  ['truncated data', file(places([0, 4]), 3), ['end at byte 4', '3 bytes']],
  ['bytes after the last tensor', file(places([0, 4]), 5), ['end at byte 4', '5 bytes']],
  ['bytes but no tensors', file('{}', 1), ['end at byte 0', '1 bytes']],
];

describe('encodeSafetensors and decodeSafetensors', () => {
  it('keep tensors and metadata', () => {
    const { tensors, metadata } = decodeSafetensors(Buffer.concat(encodeSafetensors(all, text)), 'x');
    expect(new Map([...tensors].sort())).to.deep.equal(new Map([...all].sort()));
    expect(metadata).to.deep.equal(new Map(Object.entries(text)));
    expect(Object.prototype).not.to.have.property('dtype');
  });

  it('write what the format says, bit by bit', () => {
    const one = new Map<string, Tensor>([['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }]]);
    const header = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const expected = Buffer.concat([
      Buffer.from([80, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(header.padEnd(80)),
      Buffer.from([0, 0, 0x80, 0x3f]),
    ]);
    expect(Buffer.concat(encodeSafetensors(one, { k: 'v' }))).to.deep.equal(expected);
  });

  it('write equal bytes whatever the order', () => {
    const reversed = Object.fromEntries(Object.entries(text).reverse());
    const bytes = Buffer.concat(encodeSafetensors(new Map([...all].reverse()), reversed));
    expect(bytes).to.deep.equal(Buffer.concat(encodeSafetensors(all, text)));
  });

  it('align every tensor, and copy none', () => {
    const chunks = encodeSafetensors(all, text);
    const { tensors } = decodeSafetensors(new Uint8Array(Buffer.concat(chunks)), 'x');
    expect(chunks[0]?.length).to.satisfy((length: number) => length % 8 === 0);
    expect(new Set([...tensors.values()].map(({ data }) => data.buffer))).to.have.property('size', 1);
    expect(chunks.some(({ buffer }) => buffer === all.get('signed')?.data.buffer)).to.equal(true);
  });

  it('read data that is not aligned', () => {
    const bytes = Buffer.concat(encodeSafetensors(all, text));
    for (let shift = 1; shift < 8; shift++) {
      const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
      shifted.set(bytes);
      const { tensors } = decodeSafetensors(shifted, 'x');
      expect(new Map([...tensors].sort())).to.deep.equal(new Map([...all].sort()));
    }
    const odd =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}';
    const { tensors } = decodeSafetensors(file(odd, 5), 'x');
    expect(tensors.get('b')?.data).to.deep.equal(new Float32Array(Uint8Array.of(1, 1, 1, 1).buffer));
  });

  it('take tensors in any order of the header, and padding', () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}';
    expect([...decodeSafetensors(file(`${header}   `, 3), 'x').tensors.keys()]).to.deep.equal(['a', 'b']);
    expect(decodeSafetensors(file('{}'), 'x')).to.deep.equal({ tensors: new Map(), metadata: new Map() });
    expect(decodeSafetensors(Buffer.concat(encodeSafetensors(new Map())), 'x').tensors.size).to.equal(0);
  });

  it('do not let names reach a prototype', () => {
    const header = '{"__metadata__":{"__proto__":"x"},"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}';
    const { tensors, metadata } = decodeSafetensors(file(header, 1), 'x');
    expect([...tensors.keys(), ...metadata.keys()]).to.deep.equal(['__proto__', '__proto__']);
    expect({}).not.to.have.property('dtype');
  });

  for (const [what, bytes, parts] of bad) {
    it(`refuse ${what}`, () =>
      expectError(
        () => decodeSafetensors(bytes, 'some.safetensors'),
        DataError,
        'ERR_DATA',
        "'some.safetensors'",
        ...parts,
      ));
  }

  it('refuse every truncation', async () => {
    const bytes = Buffer.concat(encodeSafetensors(all, text));
    for (let end = 0; end < bytes.length; end++) {
      await expectError(() => decodeSafetensors(bytes.subarray(0, end), 'x'), DataError, 'ERR_DATA', "'x'");
    }
  });

  const data = Float32Array.of(1, 2);
  const wrong: [string, unknown, string, string[]][] = [
    ['tensors that are no Map', { a: 1 }, 'ERR_ARGUMENT', ['tensors', 'Map']],
    ['a tensor that is no object', new Map([['a', null]]), 'ERR_ARGUMENT', ["'a'", 'null']],
    ['an empty name', new Map([['', { dtype: 'F32', shape: [2], data }]]), 'ERR_ARGUMENT', ['name']],
    ['a reserved name', new Map([['__metadata__', { dtype: 'F32', shape: [2], data }]]), 'ERR_ARGUMENT', ['reserved']],
    ['half a surrogate', new Map([['\ud800', { dtype: 'F32', shape: [2], data }]]), 'ERR_ARGUMENT', ['Unicode']],
    ['an unknown dtype', new Map([['a', { dtype: 'F16', shape: [2], data }]]), 'ERR_NAME', ["'a'", 'F16', 'F32']],
    [
      'data of another dtype',
      new Map([['a', { dtype: 'F64', shape: [2], data }]]),
      'ERR_ARGUMENT',
      ["'a'", 'Float64Array'],
    ],
    [
      'data that does not fill',
      new Map([['a', { dtype: 'F32', shape: [3], data }]]),
      'ERR_SHAPE',
      ["'a'", '3', '2 were'],
    ],
    ['a negative shape', new Map([['a', { dtype: 'F32', shape: [-1], data }]]), 'ERR_ARGUMENT', ["'a'", '-1']],
  ];
  for (const [what, tensors, code, parts] of wrong) {
    it(`refuse to write ${what}`, () =>
      expectError(() => encodeSafetensors(tensors as Map<string, Tensor>, {}), ArgumentError, code, ...parts));
  }

  it('refuse to write a header that would not be read', async () => {
    const long = { note: 'x'.repeat(2 ** 22) };
    await expectError(() => encodeSafetensors(all, long), ArgumentError, 'ERR_ARGUMENT', 'at most 4194304 bytes');
    const none = (i: number): [string, Tensor] => [`t${i}`, { dtype: 'U8', shape: [0], data: new Uint8Array(0) }];
    const count = Math.floor((2 ** 17 - 3) / 7);
    const tensors = new Map(Array.from({ length: count }, (_, i) => none(i)));
    expect(decodeSafetensors(Buffer.concat(encodeSafetensors(tensors)), 'x').tensors).to.have.property('size', count);
    tensors.set(...none(count));
    await expectError(() => encodeSafetensors(tensors), ArgumentError, 'ERR_ARGUMENT', 'more than 131072 values');
  });

  it('refuse to write metadata that is no text', async () => {
    const metadata = { epoch: 1 } as unknown as Record<string, string>;
    await expectError(() => encodeSafetensors(all, metadata), ArgumentError, 'ERR_ARGUMENT', "metadata['epoch']", '1');
    await expectError(() => encodeSafetensors(all, { a: '\udc00' }), ArgumentError, 'ERR_ARGUMENT', "metadata['a']");
  });
});

describe('readSafetensors and writeSafetensors', () => {
  const at = temporaryFolder();

  it('keep tensors and metadata, and add checksums', async () => {
    await writeSafetensors(at('model.safetensors'), all, { ...text, sha256: 'of another', 'sha256-header': 'file' });
    const { tensors, metadata } = await readSafetensors(at('model.safetensors'));
    expect(new Map([...tensors].sort())).to.deep.equal(new Map([...all].sort()));
    const sum = createHash('sha256');
    for (const { data } of tensors.values()) sum.update(data);
    const bytes = readFileSync(at('model.safetensors'));
    const header = bytes.toString('latin1', 0, 8 + Number(bytes.readBigUInt64LE()));
    const ofHeader = createHash('sha256').update(header.replace(/(?<="sha256-header":")\w+/, '0'.repeat(64)), 'latin1');
    const sums = { sha256: sum.digest('hex'), 'sha256-header': ofHeader.digest('hex') };
    expect(metadata).to.deep.equal(new Map(Object.entries({ ...text, ...sums }).sort()));
    expect(readdirSync(at('.'))).to.deep.equal(['model.safetensors']);
  });

  it('read files without a checksum', async () => {
    writeFileSync(at('foreign'), Buffer.concat(encodeSafetensors(all)));
    expect((await readSafetensors(at('foreign'))).tensors.size).to.equal(all.size);
  });

  it('notice a changed bit in any byte of the tensors', async () => {
    await writeSafetensors(at('model'), all);
    const bytes = readFileSync(at('model'));
    const end = 8 + Number(bytes.readBigUInt64LE());
    for (let i = end; i < bytes.length; i++) {
      const changed = Uint8Array.from(bytes);
      changed[i] = (changed[i] as number) ^ (1 << (i % 8));
      writeFileSync(at('model'), changed);
      await expectError(() => readSafetensors(at('model')), DataError, 'ERR_DATA', at('model'), 'is damaged');
    }
  });

  it('refuse all malformed files', async () => {
    for (const [, bytes, parts] of bad) {
      writeFileSync(at('model'), bytes);
      await expectError(() => readSafetensors(at('model')), DataError, 'ERR_DATA', `'${at('model')}'`, ...parts);
    }
  });

  it('refuse what is missing or no file', async () => {
    await expectError(() => readSafetensors(at('none')), DataError, 'ERR_FILE', at('none'), 'ENOENT');
    mkdirSync(at('folder'));
    await expectError(() => readSafetensors(at('folder')), DataError, 'ERR_FILE', at('folder'), 'a folder');
    await expectError(() => writeSafetensors(at('none', 'model'), all), DataError, 'ERR_FILE', at('none'), 'ENOENT');
    await expectError(() => writeSafetensors(at('folder'), all), DataError, 'ERR_FILE', at('folder'), 'a folder');
  });
});
