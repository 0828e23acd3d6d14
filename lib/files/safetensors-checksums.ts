/** What finds damage in a safetensors file. The format has no checksum, so files written here carry two in their metadata: of
 * their tensors, and of all that lies before them. */

import { DataError } from '../errors.js';
import { checksum } from './checksum.js';

/** The metadata key of the SHA-256 of the tensors' bytes, in hexadecimal. */
export const CHECKSUM_KEY = 'sha256';

/** The metadata key of the SHA-256 of the length and the header as they are, but with zeros for its own digits. */
export const HEADER_CHECKSUM_KEY = 'sha256-header';

/** What stands in a header until its checksum is known. */
const ZEROS = '0'.repeat(64);

/** The checksum of tensors, and room for that of the header that will have it. */
export async function checksumsFor(tensors: readonly Uint8Array[]): Promise<Record<string, string>> {
  return { [CHECKSUM_KEY]: await checksum(tensors), [HEADER_CHECKSUM_KEY]: ZEROS };
}

/** Writes its checksum into an encoded length and header that has room for it. */
export async function sealHeader(header: Uint8Array): Promise<void> {
  const sum = await checksum([header]);
  header.set(Buffer.from(sum), digitsIn(header, ZEROS));
}

/** Throws a DataError `ERR_DATA` that names the file if a checksum in its metadata is not that of what was read: `start`,
 * the length; `header`, whose bytes are not kept; `data`, the tensors. Metadata without a checksum promise nothing. */
export async function checkChecksums(
  file: string,
  metadata: ReadonlyMap<string, string>,
  { start, header, data }: { readonly [part in 'start' | 'header' | 'data']: Uint8Array },
): Promise<void> {
  const damaged = (what: string, does: string) =>
    new DataError('ERR_DATA', `'${file}' is damaged: its ${what} ${does} not match its checksum (SHA-256)`);
  const ofHeader = metadata.get(HEADER_CHECKSUM_KEY);
  if (ofHeader !== undefined) {
    const at = digitsIn(header, ofHeader);
    if (at < 0) throw damaged('header', 'does');
    header.set(Buffer.from(ZEROS), at);
    if ((await checksum([start, header])) !== ofHeader) throw damaged('header', 'does');
  }
  const ofTensors = metadata.get(CHECKSUM_KEY);
  if (ofTensors !== undefined && ofTensors !== (await checksum([data]))) throw damaged('tensors', 'do');
}

/** The first key of metadata that is neither a checksum's nor one of `known`; undefined if there is none. It may have been a
 * checksum's until a bit flipped. */
export function unknownKey(metadata: ReadonlyMap<string, string>, known: readonly string[]): string | undefined {
  const all = [...known, CHECKSUM_KEY, HEADER_CHECKSUM_KEY];
  return [...metadata.keys()].find((key) => !all.includes(key));
}

/** Where in a header the digits of its own checksum begin; -1 if they do not stand there as they are written here. */
function digitsIn(header: Uint8Array, digits: string): number {
  if (digits.length !== ZEROS.length) return -1;
  const before = `"${HEADER_CHECKSUM_KEY}":"`;
  const at = Buffer.from(header.buffer, header.byteOffset, header.length).indexOf(`${before}${digits}"`);
  return at < 0 ? -1 : at + before.length;
}
