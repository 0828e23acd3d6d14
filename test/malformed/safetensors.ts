import { readSafetensors } from '../../lib/files/safetensors.js';
import { type Format, join, type Malformed, u64 } from './format.js';

/** A file of that header, whose length is told truly unless `long` is given. */
function safetensors(header: string, data: Uint8Array = Buffer.alloc(8), long?: bigint): Buffer {
  const text = Buffer.from(header, 'utf8');
  return join(u64(long ?? BigInt(text.length)), text, data);
}

/** A file with one tensor, described so, of 8 bytes. */
const tensor = (fields: object, data?: Uint8Array) => safetensors(JSON.stringify({ a: fields }), data);
const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const good = tensor(a);
const two = (first: number[], second: number[], data = Buffer.alloc(16)) =>
  safetensors(JSON.stringify({ a: { ...a, data_offsets: first }, b: { ...a, data_offsets: second } }), data);

const malformed: readonly Malformed[] = [
  ['nothing', Buffer.alloc(0), 'it holds 0 bytes'],
  ['seven bytes', good.subarray(0, 7), 'it holds 7 bytes'],
  ['the length alone', good.subarray(0, 8), 'but 0 bytes follow'],
  ['half of its header', good.subarray(0, 30), 'bytes follow'],
  ['no numbers', good.subarray(0, -8), 'but 0 bytes follow'],
  ['a byte too few', good.subarray(0, -1), 'but 7 bytes follow'],
  ['a byte too many', join(good, 'x'), 'but 9 bytes follow'],
  ['a header of 2^64 − 1 bytes', safetensors('{}', undefined, 2n ** 64n - 1n), 'above the limit'],
  ['a header of 2^63 bytes', safetensors('{}', undefined, 2n ** 63n), 'above the limit'],
  ['a header of 100 MB and a byte', safetensors('{}', undefined, 100_000_001n), 'above the limit'],
  ['a header of 100 MB', safetensors('{}', undefined, 100_000_000n), 'above the limit'],
  ['a header of 4 MiB and a byte', safetensors('{}', undefined, 2n ** 22n + 1n), 'above the limit'],
  ['a header of 4 MiB', safetensors('{}', undefined, 2n ** 22n), 'bytes follow'],
  ['a header of no bytes', safetensors('', Buffer.alloc(0)), "begin with '{'"],
  ['a header that begins with a space', safetensors(' {}', Buffer.alloc(0)), "begin with '{'"],
  ['a byte order mark', safetensors('\ufeff{}', Buffer.alloc(0)), "begin with '{'"],
  ['a list', safetensors('[]', Buffer.alloc(0)), "begin with '{'"],
  ['a header that ends with a new line', safetensors('{}\n', Buffer.alloc(0)), "end with '}'"],
  ['a header padded with NUL', safetensors('{}\0\0', Buffer.alloc(0)), "end with '}'"],
  ['bytes that are no UTF-8', join(u64(7n), '{"\xff":1}'), 'UTF-8'],
  ['half a pair of surrogates', join(u64(9n), '{"\xed\xa0\x80":1}'), 'UTF-8'],
  ['a comment', safetensors('{/**/}', Buffer.alloc(0)), 'JSON'],
  ['a comma at the end', safetensors('{"a":1,}', Buffer.alloc(0)), 'JSON'],
  ['quotes that are single', safetensors("{'a':1}", Buffer.alloc(0)), 'JSON'],
  ['two objects', safetensors('{}{}', Buffer.alloc(0)), 'JSON'],
  ['100,000 brackets', safetensors(`{"a":${'['.repeat(100_000)}}`, Buffer.alloc(0)), 'JSON'],
  ['a list in a shape', tensor({ ...a, shape: [[2]] }), 'nested deeper than 3 levels'],
  ['an object in a shape', tensor({ ...a, shape: [{}] }), 'nested deeper than 3 levels'],
  ['131,072 sides', tensor({ ...a, shape: Array(2 ** 17).fill(1) }), 'more than 131072 values'],
  ['a tensor twice', safetensors(`{"a":${JSON.stringify(a)},"a":${JSON.stringify(a)}}`), 'twice'],
  ['a tensor twice, escaped', safetensors(`{"a":${JSON.stringify(a)},"\\u0061":${JSON.stringify(a)}}`), 'twice'],
  [
    'a key of a tensor twice',
    safetensors('{"a":{"dtype":"F32","dtype":"F64","shape":[2],"data_offsets":[0,8]}}'),
    'twice',
  ],
  ['metadata that is a list', safetensors('{"__metadata__":[]}', Buffer.alloc(0)), 'not an object'],
  ['metadata that is null', safetensors('{"__metadata__":null}', Buffer.alloc(0)), 'not an object'],
  ['metadata of numbers', safetensors('{"__metadata__":{"a":1}}', Buffer.alloc(0)), 'no string'],
  ['metadata of objects', safetensors('{"__metadata__":{"__proto__":{}}}', Buffer.alloc(0)), 'no string'],
  ['a tensor that is null', safetensors('{"a":null}', Buffer.alloc(0)), 'not described'],
  ['a tensor that a terminal would obey', safetensors('{"\\u001b[31m\\n":null}', Buffer.alloc(0)), 'not described'],
  ['10,000 sides', tensor({ ...a, shape: Array(10_000).fill(3) }), 'too large'],
  ['1,000 sides of 1', tensor({ ...a, shape: Array(1000).fill(1) }), 'takes 4 bytes'],
  ['a dtype of two lines', tensor({ ...a, dtype: 'F32\n' }), 'dtype'],
  ['a tensor that is a list', safetensors('{"a":[]}', Buffer.alloc(0)), 'not described'],
  ['a tensor __proto__', safetensors('{"__proto__":1}', Buffer.alloc(0)), "'__proto__' is not described"],
  ['no dtype', tensor({ ...a, dtype: undefined }), 'dtype'],
  ['a dtype that is not read', tensor({ ...a, dtype: 'BF16' }), 'BF16'],
  ['a dtype in small letters', tensor({ ...a, dtype: 'f32' }), 'f32'],
  ['constructor for a dtype', tensor({ ...a, dtype: 'constructor' }), 'constructor'],
  ['a dtype that is a list', tensor({ ...a, dtype: ['F32'] }), 'dtype'],
  ['no shape', tensor({ ...a, shape: undefined }), 'shape'],
  ['a shape that is a number', tensor({ ...a, shape: 2 }), 'shape'],
  ['a negative side', tensor({ ...a, shape: [-2] }), 'shape'],
  ['a side that is not whole', tensor({ ...a, shape: [2.5] }), 'shape'],
  ['a side that is text', tensor({ ...a, shape: ['2'] }), 'shape'],
  ['a side of 1e308', tensor({ ...a, shape: [1e308] }), 'shape'],
  ['a side of 2^53 − 1', tensor({ ...a, shape: [2 ** 53 - 1] }), 'too large'],
  ['a product above 2^64', tensor({ ...a, shape: [2 ** 32, 2 ** 32, 2 ** 32] }), 'too large'],
  ['a product above 2^64, and 0', tensor({ ...a, shape: [2 ** 32, 2 ** 32, 0] }), 'too large'],
  ['no offsets', tensor({ ...a, data_offsets: undefined }), 'data_offsets'],
  ['one offset', tensor({ ...a, data_offsets: [8] }), 'data_offsets'],
  ['three offsets', tensor({ ...a, data_offsets: [0, 8, 8] }), 'data_offsets'],
  ['a negative offset', tensor({ ...a, data_offsets: [-8, 0] }), 'data_offsets'],
  ['offsets that are text', tensor({ ...a, data_offsets: ['0', '8'] }), 'data_offsets'],
  ['offsets backwards', tensor({ ...a, data_offsets: [8, 0] }), 'takes 8 bytes'],
  ['offsets further apart than its shape', tensor({ ...a, data_offsets: [0, 12] }), 'takes 8 bytes'],
  ['offsets behind the file', tensor({ ...a, data_offsets: [2 ** 40, 2 ** 40 + 8] }), 'leaves a gap'],
  ['a shape of a gigabyte', tensor({ ...a, shape: [2 ** 28], data_offsets: [0, 2 ** 30] }), 'end at byte 1073741824'],
  ['a gap before its tensors', two([8, 16], [16, 24], Buffer.alloc(24)), 'leaves a gap'],
  ['a gap between its tensors', two([0, 8], [12, 20], Buffer.alloc(20)), 'leaves a gap'],
  ['tensors that overlap', two([0, 8], [4, 12], Buffer.alloc(12)), 'overlaps'],
  ['tensors in one place', two([0, 8], [0, 8], Buffer.alloc(8)), 'overlaps'],
  ['no tensor for its bytes', safetensors('{}'), 'end at byte 0'],
];

export const safetensorsFormat: Format = {
  file: 'tensors.safetensors',
  read: readSafetensors,
  valid: [
    good,
    safetensors('{}', Buffer.alloc(0)),
    safetensors('{"__metadata__":{"a":"b"},"x":{"dtype":"U8","shape":[2,4],"data_offsets":[0,8]}}   '),
  ],
  within: {
    sound: Buffer.from(JSON.stringify({ a, __metadata__: { b: 'c' } })),
    wrap: (inner) => safetensors(Buffer.from(inner).toString('latin1')),
  },
  malformed,
};
