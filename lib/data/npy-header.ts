/** The header of an NPY file (NEP 1): a magic, a version, a length, then the literal of a Python dictionary, which is
 * parsed here by hand and never run. */

import { DataError } from '../errors.js';
import { printable } from '../printable.js';

/** The typed arrays that NPY numbers become, by the letter and the bytes of their `descr`; bool as bytes of 0 and 1. */
const TYPES = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

type Type = keyof typeof TYPES;

/** Any array of an NPY file. */
export type NpyData = InstanceType<(typeof TYPES)[Type]>;

/** What stands in a header. */
export interface NpyHeader {
  readonly type: (typeof TYPES)[Type];
  readonly bigEndian: boolean;
  /** Whether the first index runs fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Bytes before the numbers. */
  readonly length: number;
  /** Bytes of the numbers. */
  readonly size: number;
}

const MAGIC = '\x93NUMPY';

/** As NumPy itself allows. */
const LONGEST_LITERAL = 10_000;
const MOST_DIMENSIONS = 64;

/** The most bytes that a header takes. */
export const LONGEST_NPY_HEADER = MAGIC.length + 2 + 4 + LONGEST_LITERAL;

/** The header at the start of the array `name`. Throws a DataError `ERR_DATA` that names it and what is wrong. */
export function parseNpyHeader(name: string, start: Uint8Array): NpyHeader {
  const bad = (why: string) => new DataError('ERR_DATA', `${name} is not a usable NPY array: ${printable(why)}`);
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.length);
  if (bytes.length === 0) throw bad('it is empty');
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw bad("it does not begin with '\\x93NUMPY'");
  if (bytes.length < 12) throw bad(`it ends after ${bytes.length} bytes, within its header`);
  const [major, minor] = bytes.subarray(MAGIC.length);
  if (major < 1 || major > 3 || minor !== 0) throw bad(`its version must be 1.0, 2.0 or 3.0, but is ${major}.${minor}`);
  const begin = major === 1 ? 10 : 12;
  const long = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (long > LONGEST_LITERAL)
    throw bad(`its header would be ${long} bytes long, above the limit of ${LONGEST_LITERAL}`);
  if (bytes.length < begin + long) throw bad(`its header of ${long} bytes does not end within the file`);
  // Names of fields may be UTF-8 since version 3, but fields are not read.
  const fields = parseDictionary(bytes.toString('latin1', begin, begin + long), bad);
  for (const key of fields.keys()) {
    if (!['descr', 'fortran_order', 'shape'].includes(key)) throw bad(`its header has the unknown key '${key}'`);
  }
  const fortran = fields.get('fortran_order');
  if (typeof fortran !== 'boolean') throw bad("its header does not say whether it is in 'fortran_order'");
  const { type, bigEndian } = parseDescr(fields.get('descr'), bad);
  const shape = parseShape(fields.get('shape'), bad);
  const size = shape.reduce(checkedProduct, type.BYTES_PER_ELEMENT);
  if (!Number.isSafeInteger(size)) throw bad(`its shape (${shape.join(', ')}) is too large to count its bytes`);
  return { type, bigEndian, fortran, shape, length: begin + long, size };
}

type Bad = (why: string) => DataError;
type Value = string | boolean | readonly number[];

function parseDescr(descr: Value | undefined, bad: Bad): Pick<NpyHeader, 'type' | 'bigEndian'> {
  if (typeof descr !== 'string') throw bad("its header does not say what its numbers are in 'descr'");
  const [, order = '', type = ''] = /^([<>|=])([a-zA-Z]\d*)$/.exec(descr) ?? [];
  if (type.startsWith('O')) throw bad('it holds Python objects, which only Python can read, and not safely');
  const single = type.endsWith('1');
  // '=' is the order of the machine that wrote, which nobody knows here.
  if (!isType(type) || order === '=' || (order === '|' && !single)) {
    const known = Object.keys(TYPES).join(', ');
    throw bad(`its descr must be one of ${known} after '<', '>' or '|', but is '${descr.slice(0, 60)}'`);
  }
  return { type: TYPES[type], bigEndian: order === '>' && !single };
}

function isType(type: string): type is Type {
  return Object.hasOwn(TYPES, type);
}

function parseShape(shape: Value | undefined, bad: Bad): readonly number[] {
  if (!Array.isArray(shape)) throw bad("its header does not give its 'shape'");
  if (shape.length > MOST_DIMENSIONS) {
    throw bad(`it must have at most ${MOST_DIMENSIONS} dimensions, but has ${shape.length}`);
  }
  return Object.freeze(shape);
}

/** NaN once it is above what a number counts exactly, even if a 0 follows. */
function checkedProduct(product: number, side: number): number {
  return Number.isSafeInteger(product * side) ? product * side : Number.NaN;
}

/** A string without escapes, a number (Python 2 wrote 3L), a word or a sign. */
const TOKEN = /\s*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|(\d+)L?(?![\w.])|(True|False)(?!\w)|([{}(),:[\]]))/y;

/** `{'key': value, …}` with strings, truth values and tuples of whole numbers. */
function parseDictionary(text: string, bad: Bad): Map<string, Value> {
  TOKEN.lastIndex = 0;
  let end = 0;
  const unreadable = () => bad(`its header cannot be read from character ${end} on`);
  const next = (): { text?: string; number?: number; truth?: boolean; sign?: string } => {
    const [all, single, double, number, truth, sign] = TOKEN.exec(text) ?? [];
    if (all === undefined) throw unreadable();
    end = TOKEN.lastIndex;
    if (number !== undefined) return { number: Number(number) };
    if (truth !== undefined) return { truth: truth === 'True' };
    return sign === undefined ? { text: single ?? double ?? '' } : { sign };
  };
  const expectSign = (...signs: string[]) => {
    const { sign = '' } = next();
    if (!signs.includes(sign)) throw unreadable();
    return sign;
  };
  const tuple = (): number[] => {
    const numbers: number[] = [];
    for (let token = next(); token.sign !== ')'; token = next()) {
      if (token.number === undefined) throw unreadable();
      if (!Number.isSafeInteger(token.number)) throw bad('its shape is too large to count');
      numbers.push(token.number);
      if (expectSign(',', ')') === ')') break;
    }
    return numbers;
  };

  const fields = new Map<string, Value>();
  expectSign('{');
  for (let key = next(); key.sign !== '}'; key = next()) {
    if (key.text === undefined) throw unreadable();
    if (fields.has(key.text)) throw bad(`its header has the key '${key.text}' twice`);
    expectSign(':');
    const { text: string, truth, sign } = next();
    if (sign === '[' && key.text === 'descr') throw bad('it holds records of several fields, which are not read');
    const value = sign === '(' ? tuple() : (string ?? truth);
    if (value === undefined) throw unreadable();
    fields.set(key.text, value);
    if (expectSign(',', '}') === '}') break;
  }
  if (/[^ \n]/.test(text.slice(end))) throw unreadable();
  return fields;
}
