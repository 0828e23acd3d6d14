/** NumPy's format for several arrays: a ZIP archive of NPY files. */

import { checkArray, checkOptions, checkString, describe } from '../check.js';
import { DataError } from '../errors.js';
import { isDamage, MOST_DECOMPRESSED } from '../files/byte-stream.js';
import { type InputFile, withFile } from '../files/input.js';
import { checkEntry, openEntry, readZipDirectory, type ZipEntry } from '../files/zip.js';
import { printable } from '../printable.js';
import { type NpyArray, readNpyFrom } from './npy.js';

/** What {@link readNpz} takes. */
export interface NpzOptions {
  /** The arrays to read, as Python names them; all if absent. */
  readonly names?: readonly string[] | undefined;
}

const SUFFIX = '.npy';

/**
 * Reads arrays of an NPZ file, plain or compressed, by name. No more memory is taken than they need: for compressed ones up
 * to 2 GiB together. Throws a DataError that names the path and the array: `ERR_FILE` if the file cannot be read, `ERR_DATA`
 * if it is damaged, no archive of arrays, or has none of a name that is asked for; an ArgumentError for wrong options.
 */
export async function readNpz(path: string, options: NpzOptions = {}): Promise<Map<string, NpyArray>> {
  const { names } = checkOptions('readNpz options', options, ['names']);
  const wanted =
    names === undefined ? undefined : checkArray('names', names).map((name, i) => checkString(`names[${i}]`, name));
  return withFile(path, async (file) => {
    const entries = new Map<string, ZipEntry>();
    for (const entry of await readZipDirectory(file)) {
      if (entry.name.endsWith(SUFFIX)) entries.set(entry.name.slice(0, -SUFFIX.length), entry);
    }
    const chosen = wanted ?? [...entries.keys()];
    const found = chosen.map((name) => [name, entries.get(name) ?? missing(path, name, entries)] as const);
    checkTotal(path, found);
    const arrays = new Map<string, NpyArray>();
    for (const [name, entry] of found) arrays.set(name, await readArray(file, entry));
    return arrays;
  });
}

function missing(path: string, name: string, entries: ReadonlyMap<string, ZipEntry>): never {
  const names = [...entries.keys()].slice(0, 20).map(describe);
  const what = names.length > 0 ? `but ${printable(names.join(', '))}` : 'nor any other';
  throw new DataError('ERR_DATA', `'${path}' holds no array '${name}', ${what}`);
}

/** What is stored is warranted by the file; what is deflated only by its own word. */
function checkTotal(path: string, found: readonly (readonly [string, ZipEntry])[]): void {
  const total = found.reduce((sum, [, { deflated, size }]) => sum + (deflated ? size : 0), 0);
  if (total <= MOST_DECOMPRESSED) return;
  throw new DataError(
    'ERR_DATA',
    `the arrays to read of '${path}' must have at most ${MOST_DECOMPRESSED} bytes, decompressed, but have ${total}`,
  );
}

async function readArray(file: InputFile, entry: ZipEntry): Promise<NpyArray> {
  const { path } = file;
  const name = `${describe(entry.name)} in '${path}'`;
  const stream = await openEntry(file, entry);
  try {
    let head: Uint8Array = new Uint8Array(0);
    return await readNpyFrom({
      path,
      name,
      size: entry.size,
      async start(length) {
        head = await stream.take(length);
        return head;
      },
      async from(position, length) {
        stream.unread(head.subarray(position));
        const bytes = await stream.take(length);
        if (bytes.length < length || !(await stream.isAtEnd())) {
          const found = bytes.length < length ? `only ${position + bytes.length}` : 'more';
          throw new DataError('ERR_DATA', `${name} must hold ${entry.size} bytes, but holds ${found}`);
        }
        checkEntry(file, entry, head.subarray(0, position), bytes);
        return bytes;
      },
    });
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new DataError('ERR_DATA', `${name} is damaged: ${error.message}`, { cause: error });
  } finally {
    await stream.close();
  }
}
