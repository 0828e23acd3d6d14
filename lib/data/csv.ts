/** Comma-separated numbers, with or without a row of names above them. Read strictly: what is not a number is an error that
 * says where it stands. */

import { checkBoolean, checkChoice, checkOptions, describe, sizeOf } from '../check.js';
import { DataError } from '../errors.js';
import { chunksOf } from '../files/byte-stream.js';
import { allocate, type InputFile, withFile } from '../files/input.js';
import { fieldsOf, numberIn } from './csv-line.js';

/** What {@link readCsv} takes. */
export interface CsvOptions {
  /** Whether the first line names the columns; if absent, it does where it holds no number. */
  readonly header?: boolean | undefined;
  /** What stands between columns: a comma if absent. */
  readonly separator?: ',' | ';' | '\t' | undefined;
}

/** A table of numbers. */
export interface CsvTable {
  /** The names of the columns, where the file has them. */
  readonly columns: readonly string[] | undefined;
  /** Rows and columns. */
  readonly shape: readonly [rows: number, columns: number];
  /** Row-major. */
  readonly data: Float32Array;
}

export const CSV_OPTIONS = ['header', 'separator'];

const SEPARATORS = [',', ';', '\t'] as const;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Bytes of a line. */
const LONGEST_LINE = 2 ** 20;
const MOST_COLUMNS = 2 ** 16;

/**
 * Reads a table of finite numbers, which become 32-bit floats. Lines end with LF or CRLF; names may be quoted; empty lines
 * may only stand at the end. No more memory is taken than twice the file. Throws a DataError that names the path, the line
 * and the column: `ERR_FILE` if it cannot be read, `ERR_DATA` if it is no such table; an ArgumentError for wrong options.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { header, separator = ',' } = checkOptions('readCsv options', options, CSV_OPTIONS);
  if (header !== undefined) checkBoolean('header', header);
  const between = checkChoice('separator', separator, SEPARATORS).charCodeAt(0);
  return withFile(path, async (file) => {
    const { columns, names, rows } = await survey(file, between, header as boolean | undefined);
    const shape = [rows, columns] as const;
    const data = new Float32Array(allocate(path, 4 * sizeOf(shape)).buffer);
    let row = 0;
    for await (const { text, line } of linesOf(file)) {
      if (line === 1 && names) continue;
      if (row === rows) throw changed(path);
      fill(data.subarray(row * columns, (row + 1) * columns), text, between, path, line);
      row++;
    }
    if (row < rows) throw changed(path);
    return { columns: names, shape, data };
  });
}

/** What the first line says, and how many lines of numbers there are: so that no more is allocated than they need. */
async function survey(file: InputFile, separator: number, header: boolean | undefined) {
  let first: string[] = [];
  let lines = 0;
  let cells = 0;
  for await (const { text, line } of linesOf(file)) {
    if (line === 1) first = namesIn(text, separator, file.path);
    cells += text.length + 1;
    lines++;
  }
  const named = header ?? isHeader(first, file.path);
  const names = named ? Object.freeze(first) : undefined;
  const rows = named ? lines - 1 : lines;
  if (rows < 1) throw bad(file.path, lines === 0 ? 'it is empty' : 'it holds no line below its names');
  // A number and what ends it take two bytes at least.
  if (2 * rows * first.length > cells) {
    throw bad(file.path, `its ${rows} lines are too short for the ${first.length} columns of the first one`);
  }
  return { columns: first.length, names, rows };
}

function namesIn(text: Uint8Array, separator: number, path: string): string[] {
  const fields = fieldsOf(text, separator);
  if (fields === undefined) throw bad(path, 'line 1 has a quote that is not closed');
  if (fields.length <= MOST_COLUMNS) return fields;
  throw bad(path, `it must have at most ${MOST_COLUMNS} columns, but line 1 has ${fields.length}`);
}

/** Whether a first line that may be either names the columns. */
function isHeader(fields: readonly string[], path: string): boolean {
  const numbers = fields.filter((field) => numberIn(Buffer.from(field)) !== undefined).length;
  if (numbers === 0 || numbers === fields.length) return numbers === 0;
  const mixed = fields.findIndex((field) => numberIn(Buffer.from(field)) === undefined);
  throw bad(
    path,
    `line 1 holds ${numbers} numbers, but ${describe(fields[mixed])} in column ${mixed + 1}: say by the option header whether it names the columns`,
  );
}

/** The lines with their numbers, counted from 1; none of them is empty. A line is valid until the next is asked for. */
async function* linesOf(file: InputFile): AsyncGenerator<{ text: Uint8Array; line: number }> {
  let line = 0;
  let empty: number | undefined;
  const checked = (bytes: Uint8Array) => {
    line++;
    const text = withoutMark(bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes, line);
    if (text.length > LONGEST_LINE) throw tooLong(file.path, line);
    if (text.length === 0) empty ??= line;
    else if (empty !== undefined) throw bad(file.path, `line ${empty} is empty`);
    return { text, line };
  };
  const pieces = new Pieces();
  for await (const chunk of chunksOf(file)) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      const next = checked(pieces.with(chunk.subarray(begin, end)));
      if (next.text.length > 0) yield next;
      begin = end + 1;
    }
    pieces.add(chunk.subarray(begin));
    if (pieces.length > LONGEST_LINE + 1) throw tooLong(file.path, line + 1);
  }
  if (pieces.length === 0) return;
  const last = checked(pieces.with(new Uint8Array(0)));
  if (last.text.length > 0) yield last;
}

/** Pieces of a line that began in an earlier chunk: put together once, when it has come whole. */
class Pieces {
  #pieces: Uint8Array[] = [];
  length = 0;

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  /** All pieces and the last one; nothing is kept. */
  with(last: Uint8Array): Uint8Array {
    if (this.length === 0) return last;
    const whole = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.length = 0;
    return whole;
  }
}

/** Without the byte order mark that some programs write before UTF-8. */
function withoutMark(text: Uint8Array, line: number): Uint8Array {
  return line === 1 && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text;
}

/** Reads a line into a row. */
function fill(row: Float32Array, text: Uint8Array, separator: number, path: string, line: number): void {
  let column = 0;
  let begin = 0;
  while (begin <= text.length) {
    let end = text.indexOf(separator, begin);
    if (end < 0) end = text.length;
    const field = text.subarray(begin, end);
    const number = numberIn(field);
    if (column < row.length) {
      if (number === undefined || !Number.isFinite(Math.fround(number))) throw noNumber(path, line, column + 1, field);
      row[column] = number;
    }
    column++;
    begin = end + 1;
  }
  if (column === row.length) return;
  throw bad(path, `line ${line} has ${column} columns, but line 1 has ${row.length}`);
}

function noNumber(path: string, line: number, column: number, field: Uint8Array): DataError {
  const what = field.length === 0 ? 'nothing' : describe(Buffer.from(field.subarray(0, 80)).toString('utf8'));
  return bad(path, `line ${line}, column ${column} must be a finite number, but ${what} stands there`);
}

function tooLong(path: string, line: number): DataError {
  return bad(path, `line ${line} is longer than ${LONGEST_LINE} bytes`);
}

function changed(path: string): DataError {
  return bad(path, 'it changed while it was read');
}

function bad(path: string, why: string): DataError {
  return new DataError('ERR_DATA', `'${path}' is not a usable table of numbers: ${why}`);
}
