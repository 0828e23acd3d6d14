import { readNpy } from '../../lib/data/npy.js';
import { type Format, join, type Malformed, u16, u32 } from './format.js';

interface Parts {
  magic?: string;
  version?: readonly [number, number];
  /** What the header's length says, if not the truth. */
  long?: number;
  literal?: string;
  data?: Uint8Array;
}

const literal = (descr = "'<f4'", order = 'False', shape = '(2, 3)') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

export function npy(parts: Parts = {}): Buffer {
  const { magic = '\x93NUMPY', version = [1, 0], literal: text = literal(), data = Buffer.alloc(24) } = parts;
  const header = `${text.padEnd(117)}\n`;
  const length = (version[0] === 1 ? u16 : u32)(parts.long ?? header.length);
  return join(magic, Uint8Array.of(...version), length, header, data);
}

const good = npy();
const descr = (text: string) => npy({ literal: literal(text) });
const order = (text: string) => npy({ literal: literal(undefined, text) });
const shape = (text: string, data = Buffer.alloc(24)) => npy({ literal: literal(undefined, undefined, text), data });
const text = (header: string) => npy({ literal: header });

const malformed: readonly Malformed[] = [
  ['nothing', Buffer.alloc(0), 'empty'],
  ['one byte', good.subarray(0, 1), 'NUMPY'],
  ['its magic alone', good.subarray(0, 6), 'within its header'],
  ['its magic and version', good.subarray(0, 8), 'within its header'],
  ['half of its header', good.subarray(0, 60), 'does not end'],
  ['all of its header but a byte', good.subarray(0, 127), 'does not end'],
  ['no numbers', good.subarray(0, 128), 'must hold 24 bytes'],
  ['a byte too few', good.subarray(0, -1), 'but holds 23'],
  ['a byte too many', join(good, 'x'), 'but holds 25'],
  ['twice its numbers', npy({ data: Buffer.alloc(48) }), 'but holds 48'],
  ['a key that a terminal would obey', text("{'\x1b[31m\t': True}"), 'unknown key'],
  ['another magic', npy({ magic: '\x93NUMPX' }), 'NUMPY'],
  ['the magic of text', npy({ magic: 'xNUMPY' }), 'NUMPY'],
  ['version 0.0', npy({ version: [0, 0] }), 'version'],
  ['version 1.1', npy({ version: [1, 1] }), 'version'],
  ['version 4.0', npy({ version: [4, 0] }), 'version'],
  ['version 255.255', npy({ version: [255, 255] }), 'version'],
  ['a header of no length', npy({ long: 0 }), 'cannot be read'],
  ['a header that ends in the midst', npy({ long: 20 }), 'cannot be read'],
  ['a header of 65,535 bytes', npy({ long: 65535 }), 'above the limit'],
  ['a header of 4 GiB', npy({ version: [2, 0], long: 2 ** 32 - 1 }), 'above the limit'],
  ['a header longer than the file', npy({ version: [3, 0], long: 9999 }), 'does not end'],
  ['an expression', text("__import__('os').system('true')"), 'cannot be read'],
  ['a call for a value', descr("str('<f4')"), 'cannot be read'],
  ['a list for a header', text('[1, 2]'), 'cannot be read'],
  ['an empty dictionary', text('{}'), 'fortran_order'],
  ['no descr', text("{'fortran_order': False, 'shape': (2, 3)}"), 'descr'],
  ['no shape', text("{'descr': '<f4', 'fortran_order': False}"), 'shape'],
  ['no order', text("{'descr': '<f4', 'shape': (2, 3)}"), 'fortran_order'],
  ['a key twice', text("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}"), 'twice'],
  ['__proto__ for a key', text("{'__proto__': '<f4', 'fortran_order': False, 'shape': (2, 3)}"), '__proto__'],
  ['an unknown key', text("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 'y'}"), 'unknown key'],
  ['a number for a key', text("{1: '<f4'}"), 'cannot be read'],
  ['no colon', text("{'descr' '<f4'}"), 'cannot be read'],
  ['no closing brace', text("{'descr': '<f4'"), 'cannot be read'],
  ['text after its dictionary', text(`${literal()} x`), 'cannot be read'],
  ['a quote that is not closed', descr("'<f4"), 'cannot be read'],
  ['an escape', descr("'\\x3cf4'"), 'cannot be read'],
  ['a NUL within its header', descr("'<f4'\0"), 'cannot be read'],
  ['Python objects', descr("'|O'"), 'Python objects'],
  ['records', descr("[('a', '<f4')]"), 'records'],
  ['text for numbers', descr("'<U3'"), 'descr'],
  ['half floats', descr("'<f2'"), 'descr'],
  ['complex numbers', descr("'<c8'"), 'descr'],
  ['dates', descr("'<M8[ns]'"), 'descr'],
  ['floats of 16 bytes', descr("'<f16'"), 'descr'],
  ['floats of a length that is none', descr("'<f0'"), 'descr'],
  ['floats of 2^40 bytes', descr("'<f1099511627776'"), 'descr'],
  ['no byte order', descr("'|f4'"), 'descr'],
  ["the writer's byte order", descr("'=f4'"), 'descr'],
  ['an empty descr', descr("''"), 'descr'],
  ['a truth value for descr', descr('True'), 'descr'],
  ['a number for descr', descr('4'), 'cannot be read'],
  ['constructor for descr', descr("'<constructor'"), 'descr'],
  ['text for its order', order("'no'"), 'fortran_order'],
  ['a number for its order', order('0'), 'cannot be read'],
  ['None for its order', order('None'), 'cannot be read'],
  ['a number for its shape', shape('6'), 'cannot be read'],
  ['text for its shape', shape("'6'"), 'shape'],
  ['a list for its shape', shape('[2, 3]'), 'cannot be read'],
  ['a negative side', shape('(-2, 3)'), 'cannot be read'],
  ['a side that is no whole number', shape('(2.0, 3)'), 'cannot be read'],
  ['a side in hexadecimal', shape('(0x2, 3)'), 'cannot be read'],
  ['a tuple that is not closed', shape('(2, 3'), 'cannot be read'],
  ['two commas', shape('(2,, 3)'), 'cannot be read'],
  ['tuples within its shape', shape('((2, 3))'), 'cannot be read'],
  ['a side of 0 with numbers', shape('(0, 3)'), 'must hold 0 bytes'],
  ['a thousand times its numbers', shape('(2000, 3)'), 'must hold 24000 bytes'],
  ['a side of 2^53', shape('(9007199254740992,)'), 'too large'],
  ['a side of a hundred digits', shape(`(${'9'.repeat(100)},)`), 'too large'],
  ['a product above 2^64', shape('(4294967296, 4294967296, 4)'), 'too large'],
  ['a product above 2^64, and 0', shape('(4294967296, 4294967296, 4294967296, 0)'), 'too large'],
  ['65 dimensions', shape(`(${'1,'.repeat(64)} 6)`), '64 dimensions'],
  ['3,000 brackets', shape('('.repeat(3000)), 'cannot be read'],
];

export const npyFormat: Format = {
  file: 'array.npy',
  read: readNpy,
  valid: [
    good,
    npy({ version: [2, 0] }),
    npy({ version: [3, 0], literal: literal("'>f8'", 'True'), data: Buffer.alloc(48) }),
    npy({ literal: literal("'|u1'", 'False', '(24,)'), data: Buffer.alloc(24, 9) }),
    npy({ literal: literal("'<i8'", 'False', '()'), data: Buffer.alloc(8) }),
  ],
  within: { sound: Buffer.from(literal()), wrap: (inner) => npy({ literal: Buffer.from(inner).toString('latin1') }) },
  malformed,
};
