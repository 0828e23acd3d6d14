/** A format whose reader is attacked: what it reads, and what is made to be refused. */
export interface Format {
  read(path: string): Promise<unknown>;
  /** What a file of the format is called: readers of data sets look at it. */
  readonly file: string;
  /** Files that are read: what mutations start from. */
  readonly valid: readonly Bytes[];
  /** Files by what is wrong with them, and a word that the error must say. */
  readonly malformed: readonly Malformed[];
  /** Whether what it says are arguments, too: what is wrong with those may be an ArgumentError. */
  readonly saysArguments?: boolean;
  /** What lies within such a file, under lengths and checksums: it is mutated, too, and put into a file that is sound but
   * for that. */
  readonly within?: { readonly sound: Uint8Array; wrap(inner: Uint8Array): Bytes };
}

/** Bytes, or how to make them. */
export type Bytes = Uint8Array | (() => Promise<Uint8Array>);
export type Malformed = readonly [what: string, bytes: Bytes, says: string];

export async function bytesOf(bytes: Bytes): Promise<Uint8Array> {
  return typeof bytes === 'function' ? bytes() : bytes;
}

export function join(...parts: (Uint8Array | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
}

/** A copy with one change. */
export function changed(bytes: Uint8Array, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

/** A copy with another byte at an index, which counts from the end below 0. */
export function withByte(bytes: Uint8Array, at: number, value: (byte: number) => number): Buffer {
  return changed(bytes, (copy) => {
    const index = at < 0 ? copy.length + at : at;
    copy[index] = value(copy[index]);
  });
}

export const u16 = (x: number) => changed(Buffer.alloc(2), (b) => b.writeUInt16LE(x));
export const u32 = (x: number) => changed(Buffer.alloc(4), (b) => b.writeUInt32LE(x));
export const u64 = (x: bigint) => changed(Buffer.alloc(8), (b) => b.writeBigUInt64LE(x));
