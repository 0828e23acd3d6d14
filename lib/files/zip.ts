/** ZIP archives whose content is not to be trusted. The central directory at the end is what is believed: names, places and
 * sizes are checked against the file and each other before anything is read. Nothing is ever extracted to a disk. */

import { crc32, createInflateRaw } from 'node:zlib';
import { describe } from '../check.js';
import { DataError } from '../errors.js';
import { BEST_COMPRESSION, ByteStream, chunksOf, inflate } from './byte-stream.js';
import { type InputFile, readBytes } from './input.js';

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  /** As the directory says it: of the content, in bytes. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly compressed: number;
  readonly crc: number;
  /** Where its local header begins, and where what follows it begins at the earliest. */
  readonly begin: number;
  readonly end: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const DIRECTORY = 0x02014b50;
const DIRECTORY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** The entries of an archive, in the order of their bytes. Throws a DataError `ERR_DATA` that names the file if it is no
 * archive, is of the 64-bit form, encrypted, or holds entries that overlap or have one name. */
export async function readZipDirectory(file: InputFile): Promise<ZipEntry[]> {
  const { count, begin, end } = await findDirectory(file);
  const bytes = Buffer.from((await readBytes(file, begin, end - begin)).buffer);
  const entries: Omit<ZipEntry, 'end'>[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = parseEntry(file, bytes, at);
    entries.push(entry);
    at = next;
  }
  if (at !== bytes.length)
    throw bad(file, `its directory of ${count} entries ends after ${at} of ${bytes.length} bytes`);
  entries.sort((a, b) => a.begin - b.begin);
  const placed = entries.map((entry, i) => ({ ...entry, end: entries[i + 1]?.begin ?? begin }));
  const names = new Set<string>();
  for (const entry of placed) {
    if (names.has(entry.name)) throw bad(file, `it holds ${describe(entry.name)} twice`);
    names.add(entry.name);
    if (entry.begin + LOCAL_BYTES + entry.compressed > entry.end) throw overlaps(file, entry);
  }
  return placed;
}

/** The content of an entry: a stream that is warranted its compressed size. What is taken must be told to `checkEntry`.
 * Throws a DataError `ERR_DATA` if the entry is not where the directory says. */
export async function openEntry(file: InputFile, entry: ZipEntry): Promise<ByteStream> {
  const header = Buffer.from(await readBytes(file, entry.begin, LOCAL_BYTES));
  if (header.readUInt32LE(0) !== LOCAL) throw bad(file, `${describe(entry.name)} is not where its directory says`);
  const named = header.readUInt16LE(26);
  const begin = entry.begin + LOCAL_BYTES + named + header.readUInt16LE(28);
  if (begin + entry.compressed > entry.end) throw overlaps(file, entry);
  const name = nameIn(await readBytes(file, entry.begin + LOCAL_BYTES, named));
  if (name !== entry.name || header.readUInt16LE(8) !== (entry.deflated ? DEFLATED : STORED)) {
    throw bad(file, `its directory and the entry ${describe(entry.name)} do not agree`);
  }
  const chunks = chunksOf(file, begin, begin + entry.compressed);
  return new ByteStream(file.path, entry.deflated ? inflate(chunks, createInflateRaw()) : chunks, entry.compressed);
}

/** Looks at all that an entry's stream has given. Throws a DataError `ERR_DATA` if it is damaged. */
export function checkEntry(file: InputFile, entry: ZipEntry, ...content: readonly Uint8Array[]): void {
  if (content.reduce((sum, bytes) => crc32(bytes, sum), 0) === entry.crc) return;
  throw bad(file, `${describe(entry.name)} is damaged: it does not match its checksum (CRC-32)`);
}

/** Where the directory lies: the record that says it is the last thing in the file but for a comment. */
async function findDirectory(file: InputFile): Promise<{ count: number; begin: number; end: number }> {
  if (file.size < END_BYTES) throw bad(file, file.size === 0 ? 'it is empty' : `it holds only ${file.size} bytes`);
  const length = Math.min(file.size, END_BYTES + LONGEST_COMMENT);
  const tail = Buffer.from((await readBytes(file, file.size - length, length)).buffer);
  let at = tail.length - END_BYTES;
  while (at >= 0 && !(tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length))
    at--;
  if (at < 0) throw bad(file, 'it has no directory at its end');
  const [count, size, begin] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (count === 0xffff || size === 0xffffffff || begin === 0xffffffff) {
    throw bad(file, 'it is of the 64-bit form for more than 4 GiB or 65,534 entries, which is not read');
  }
  if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 6) !== 0 || tail.readUInt16LE(at + 8) !== count) {
    throw bad(file, 'it is one part of several');
  }
  const end = file.size - length + at;
  if (begin + size !== end) {
    throw bad(file, `its directory would be the bytes ${begin} to ${begin + size}, but must end at byte ${end}`);
  }
  if (count * DIRECTORY_BYTES > size) throw bad(file, `its directory of ${size} bytes cannot hold ${count} entries`);
  return { count, begin, end };
}

function parseEntry(file: InputFile, bytes: Buffer, at: number): { entry: Omit<ZipEntry, 'end'>; next: number } {
  if (at + DIRECTORY_BYTES > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY) {
    throw bad(file, `its directory is damaged at byte ${at}`);
  }
  const named = bytes.readUInt16LE(at + 28);
  const next = at + DIRECTORY_BYTES + named + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > bytes.length) throw bad(file, `its directory is damaged at byte ${at}`);
  const name = nameIn(bytes.subarray(at + DIRECTORY_BYTES, at + DIRECTORY_BYTES + named));
  const [crc, compressed, size] = [16, 20, 24].map((place) => bytes.readUInt32LE(at + place));
  const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
  if (flags & ENCRYPTED) throw bad(file, `${describe(name)} is encrypted`);
  if (method !== STORED && method !== DEFLATED) {
    throw bad(file, `${describe(name)} is compressed by method ${method}: only deflated and stored entries are read`);
  }
  if (compressed === 0xffffffff || size === 0xffffffff) throw bad(file, `${describe(name)} takes 4 GiB or more`);
  const deflated = method === DEFLATED;
  if (deflated ? size > compressed * BEST_COMPRESSION : size !== compressed) {
    throw bad(file, `${describe(name)} would be ${size} bytes out of ${compressed}, which cannot be`);
  }
  return { entry: { name, deflated, size, compressed, crc, begin: bytes.readUInt32LE(at + 42) }, next };
}

function nameIn(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

function overlaps(file: InputFile, { name }: { readonly name: string }): DataError {
  return bad(file, `${describe(name)} reaches into what follows it`);
}

function bad(file: InputFile, why: string): DataError {
  return new DataError('ERR_DATA', `'${file.path}' is not a usable ZIP archive: ${why}`);
}
