/** Bytes that come in chunks, such as a compressed file's: taken piece by piece, with no more memory than they fill. */

import { Readable, type Transform } from 'node:stream';
import { allocate, type InputFile, readBytes } from './input.js';

/** Bytes of a file that are read at once. */
const CHUNK = 2 ** 18;

/** Deflate cannot say more than this many bytes with one. */
export const BEST_COMPRESSION = 1032;

/** The most that is taken out of compressed files, in bytes. */
export const MOST_DECOMPRESSED = 2 ** 31;

/** The bytes of a file from `begin` to before `end`, which the caller has checked against its size. */
export async function* chunksOf(file: InputFile, begin = 0, end = file.size): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += CHUNK) yield await readBytes(file, at, Math.min(CHUNK, end - at));
}

/** What becomes of chunks in an inflater of node:zlib. Throws its error, whose code begins with `Z_`, if they are damaged. */
export async function* inflate(chunks: AsyncIterable<Uint8Array>, inflater: Transform): AsyncGenerator<Uint8Array> {
  const compressed = Readable.from(chunks);
  compressed.once('error', (error) => inflater.destroy(error)); // which `pipe` does not pass on
  try {
    yield* compressed.pipe(inflater);
  } finally {
    compressed.destroy();
  }
}

/** Whether an inflater has thrown it, for damage in what it was given. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}

/** Chunks as one sequence of bytes that is taken from its beginning. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #path: string;
  readonly #warranted: number;
  /** Has come, and is not taken. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param path for the error where there is no memory
   * @param warranted bytes that may be taken at once, as the file holds so many; more only as they come */
  constructor(path: string, chunks: AsyncIterable<Uint8Array>, warranted: number) {
    this.#path = path;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#warranted = warranted;
  }

  /** The next `length` bytes, or as many as there are. Throws what the chunks throw, and a DataError `ERR_FILE` if there is
   * no memory for them. */
  async take(length: number): Promise<Uint8Array> {
    let bytes = allocate(this.#path, Math.min(length, this.#warranted));
    let filled = 0;
    while (filled < length) {
      const chunk = await this.#next();
      if (chunk === undefined) break;
      const wanted = chunk.subarray(0, length - filled);
      const needed = filled + wanted.length;
      if (needed > bytes.length) {
        const grown = allocate(this.#path, Math.min(length, Math.max(needed, 2 * bytes.length)));
        grown.set(bytes.subarray(0, filled));
        bytes = grown;
      }
      bytes.set(wanted, filled);
      filled = needed;
      this.#rest = chunk.subarray(wanted.length);
    }
    return bytes.subarray(0, filled);
  }

  /** Puts back what was taken last. */
  unread(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([bytes, this.#rest]);
  }

  /** Whether all has been taken. Throws what the chunks throw. */
  async isAtEnd(): Promise<boolean> {
    this.#rest = (await this.#next()) ?? new Uint8Array(0);
    return this.#rest.length === 0;
  }

  /** Lets go of what the chunks come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** What has come and is not empty; undefined at the end. */
  async #next(): Promise<Uint8Array | undefined> {
    let chunk = this.#rest;
    while (chunk.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      chunk = value;
    }
    return chunk;
  }
}
