/** Tensors and text in one file that any language reads: https://github.com/huggingface/safetensors. */

import { checkArray, checkAttached, checkChoice, checkInteger, checkString, describe, sizeOf } from '../check.js';
import { ArgumentError } from '../errors.js';
import { writeFileAtomic } from './atomic.js';
import { type InputFile, type InputOptions, readBytes, withFile } from './input.js';
import { checkJsonSize } from './json.js';
import { checkChecksums, checksumsFor, sealHeader } from './safetensors-checksums.js';
import {
  ARRAYS,
  type Dtype,
  HEADER_LIMITS,
  LENGTH_BYTES,
  LONGEST_HEADER,
  METADATA_KEY,
  parseHeader,
  parseLength,
  type TensorPlace,
} from './safetensors-header.js';

export type { Dtype } from './safetensors-header.js';

/** Numbers with a shape, row-major; the typed array is the one of the dtype. */
export type Tensor = {
  readonly [D in Dtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: InstanceType<(typeof ARRAYS)[D]>;
  };
}[Dtype];

/** What a safetensors file holds: tensors by name, in the order of their bytes, and text by key. */
export interface TensorFile {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Map<string, string>;
}

/** A safetensors file in chunks to write one after the other: the header, then views of the tensors' own memory, which
 * must not change before they are written. Equal tensors and metadata give equal bytes, whatever their order. Throws an
 * ArgumentError if data does not fit its shape (`ERR_SHAPE`) or dtype, or a name or text is not valid Unicode. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const sorted = sortTensors(tensors);
  const fields = [[METADATA_KEY, sortMetadata(metadata)]];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    const begin = end;
    end += data.byteLength;
    fields.push([name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] })]);
  }
  return [encodeHeader(toJson(fields)), ...sorted.map(([, { data }]) => bytesOf(data))];
}

/** What encoded bytes hold, by every rule of the format. The tensors are views of `bytes` where alignment allows it,
 * else copies. Throws a DataError `ERR_DATA` that names `name`, the file they came from, and what is wrong with it. */
export function decodeSafetensors(bytes: Uint8Array, name: string): TensorFile {
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError(`bytes must be a Uint8Array, but ${describe(bytes)} was given`);
  }
  const dataStart = LENGTH_BYTES + parseLength(bytes, bytes.length, name);
  const { places, metadata } = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.length - dataStart, name);
  return { tensors: tensorsOf(places, bytes.subarray(dataStart)), metadata };
}

/** Writes a safetensors file as `writeFileAtomic` does, with the checksums of its tensors and header in the metadata (in
 * place of any that are there). The tensors must not change meanwhile. Throws what `encodeSafetensors` and
 * `writeFileAtomic` throw. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sums = await checksumsFor(sortTensors(tensors).map(([, { data }]) => bytesOf(data)));
  const chunks = encodeSafetensors(tensors, { ...metadata, ...sums });
  await sealHeader(chunks[0]);
  await writeFileAtomic(path, chunks);
}

/** Reads a safetensors file; nothing is allocated that its size on the disk does not warrant. Throws a DataError
 * `ERR_FILE` if it cannot be read, `ERR_DATA` if it breaks a rule of the format or has a checksum that does not match. */
export function readSafetensors(path: string, options: InputOptions = {}): Promise<TensorFile> {
  const read = async (file: InputFile) => {
    const start = await readBytes(file, 0, Math.min(file.size, LENGTH_BYTES));
    const headerSize = parseLength(start, file.size, path);
    const dataStart = LENGTH_BYTES + headerSize;
    const header = await readBytes(file, LENGTH_BYTES, headerSize);
    const { places, metadata } = parseHeader(header, file.size - dataStart, path);
    const data = await readBytes(file, dataStart, file.size - dataStart);
    await checkChecksums(path, metadata, { start, header, data });
    return { tensors: tensorsOf(places, data), metadata };
  };
  return withFile(path, read, options);
}

/** The checked tensors, larger elements first so that all are aligned without gaps, then by name. */
function sortTensors(tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  if (!(tensors instanceof Map)) {
    throw new ArgumentError(`tensors must be a Map of tensors by name, but ${describe(tensors)} was given`);
  }
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  return [...tensors].sort(
    ([a, { data: x }], [b, { data: y }]) => y.BYTES_PER_ELEMENT - x.BYTES_PER_ELEMENT || (a < b ? -1 : 1),
  );
}

function checkTensor(name: unknown, tensor: unknown): void {
  const text = checkText('a name in tensors', checkString('a name in tensors', name));
  if (typeof tensor !== 'object' || tensor === null) {
    throw new ArgumentError(`tensor '${text}' must be an object, but ${describe(tensor)} was given`);
  }
  const { dtype, shape, data } = tensor as Partial<Tensor>;
  if (text === METADATA_KEY) throw new ArgumentError(`a tensor cannot have the name '${text}', which is reserved`);
  const Numbers = ARRAYS[checkChoice(`the dtype of tensor '${text}'`, dtype, Object.keys(ARRAYS) as Dtype[])];
  if (!(data instanceof Numbers)) {
    throw new ArgumentError(`the data of tensor '${text}' must be a ${Numbers.name}, but ${describe(data)} was given`);
  }
  checkAttached(`the data of tensor '${text}'`, data);
  const where = `the shape of tensor '${text}'`;
  const sides = checkArray(where, shape).map((side, i) => checkInteger(`${where} at index ${i}`, side, 0));
  if (sizeOf(sides) !== data.length) {
    const wanted = `${sizeOf(sides)} numbers ([${sides.join(', ')}])`;
    throw new ArgumentError(
      `the data of tensor '${text}' must hold ${wanted}, but ${data.length} were given`,
      'ERR_SHAPE',
    );
  }
}

function sortMetadata(metadata: Readonly<Record<string, string>>): string {
  const fields = Object.entries(metadata).map(([key, value]) => {
    if (typeof value !== 'string') {
      throw new ArgumentError(`metadata['${key}'] must be a string, but ${describe(value)} was given`);
    }
    checkText('a key of metadata', key);
    return [key, JSON.stringify(checkText(`metadata['${key}']`, value))];
  });
  return toJson(fields.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
}

/** UTF-8 has no half of a surrogate pair, and other readers refuse its escape. */
function checkText(name: string, text: string): string {
  if (!/\p{Surrogate}/u.test(text)) return text;
  throw new ArgumentError(`${name} must be valid Unicode, but holds half of a surrogate pair`);
}

/** An object of values that are JSON already. A JavaScript object would move keys like '7' to the front. */
function toJson(fields: readonly string[][]): string {
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

/** The length and the header, padded so that the tensors begin at a multiple of 8 bytes. */
function encodeHeader(json: string): Uint8Array {
  checkJsonSize(
    json,
    HEADER_LIMITS,
    (why) => new ArgumentError(`tensors and metadata must be fewer, as their header ${why}`),
  );
  const text = Buffer.from(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > LONGEST_HEADER) {
    throw new ArgumentError(
      `tensors and metadata must be described in at most ${LONGEST_HEADER} bytes, but take ${length}`,
    );
  }
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, LENGTH_BYTES);
  return bytes;
}

function tensorsOf(places: readonly TensorPlace[], data: Uint8Array): Map<string, Tensor> {
  return new Map(
    places.map(({ name, dtype, shape, begin, end }) => {
      const Numbers = ARRAYS[dtype];
      const bytes = data.subarray(begin, end);
      const isAligned = bytes.byteOffset % Numbers.BYTES_PER_ELEMENT === 0;
      const { buffer, byteOffset, length } = isAligned ? bytes : new Uint8Array(bytes);
      const numbers = new Numbers(buffer as ArrayBuffer, byteOffset, length / Numbers.BYTES_PER_ELEMENT);
      return [name, { dtype, shape, data: numbers } as Tensor];
    }),
  );
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
