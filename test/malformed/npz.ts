import { crc32, deflateRawSync } from 'node:zlib';
import { readNpz } from '../../lib/data/npz.js';
import { type Format, join, type Malformed, u16, u32 } from './format.js';
import { npy } from './npy.js';

/** An entry, and what its headers say where it is not the truth. */
interface Entry {
  name?: string;
  content?: Uint8Array;
  stored?: boolean;
  body?: Uint8Array;
  size?: number;
  compressed?: number;
  crc?: number;
  flags?: number;
  method?: number;
  offset?: number;
  localName?: string;
  localMethod?: number;
  localSignature?: number;
  localExtra?: number;
}

/** The end of an archive, likewise. */
interface End {
  entries?: number;
  thisDisk?: number;
  disk?: number;
  here?: number;
  size?: number;
  offset?: number;
  comment?: number;
  tail?: string;
  signature?: number;
}

export function zip(entries: readonly Entry[], end: End = {}): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { name = 'x.npy', content = npy(), stored = false, flags = 0 } = entry;
    const body = entry.body ?? (stored ? content : deflateRawSync(content));
    const method = entry.method ?? (stored ? 0 : 8);
    const sums = [entry.crc ?? crc32(content), entry.compressed ?? body.length, entry.size ?? content.length];
    const local = join(
      u32(entry.localSignature ?? 0x04034b50),
      u16(20),
      u16(flags),
      u16(entry.localMethod ?? method),
      u32(0),
      ...sums.map(u32),
      u16((entry.localName ?? name).length),
      u16(entry.localExtra ?? 0),
      entry.localName ?? name,
      body,
    );
    directory.push(
      join(
        u32(0x02014b50),
        ...[20, 20, flags, method].map(u16),
        u32(0),
        ...sums.map(u32),
        u16(name.length),
        Buffer.alloc(12),
        u32(entry.offset ?? at),
        name,
      ),
    );
    bodies.push(local);
    at += local.length;
  }
  const all = join(...directory);
  const count = end.entries ?? entries.length;
  return join(
    ...bodies,
    all,
    u32(end.signature ?? 0x06054b50),
    ...[end.thisDisk ?? 0, end.disk ?? 0, end.here ?? count, count].map(u16),
    u32(end.size ?? all.length),
    u32(end.offset ?? at),
    u16(end.comment ?? 0),
    end.tail ?? '',
  );
}

const good = zip([{}, { name: 'y.npy', stored: true }]);
const one = (entry: Entry) => zip([entry]);
const big = Buffer.alloc(2 ** 20);
const long = (count: number) => `{'descr': '|u1', 'fortran_order': False, 'shape': (${count},), }`;

const malformed: readonly Malformed[] = [
  ['nothing', Buffer.alloc(0), 'empty'],
  ['one byte', good.subarray(0, 1), 'only 1 bytes'],
  ['an end that is cut off', zip([]).subarray(0, 21), 'only 21 bytes'],
  ['zeros', Buffer.alloc(100), 'no directory'],
  ['a plain array', npy(), 'no directory'],
  ['a tar archive', join('x.npy', Buffer.alloc(600)), 'no directory'],
  ['all but a byte', good.subarray(0, -1), 'no directory'],
  ['half of it', good.subarray(0, good.length / 2), 'no directory'],
  ['a byte before it', join('x', good), 'must end at'],
  ['a byte after it', join(good, 'x'), 'no directory'],
  ['another signature at its end', zip([{}], { signature: 0x06054b51 }), 'no directory'],
  ['a comment that is longer than the file', zip([{}], { comment: 9 }), 'no directory'],
  ['a comment that is longer than it says', zip([{}], { comment: 1, tail: 'ab' }), 'no directory'],
  ['the 64-bit form: entries', zip([{}], { entries: 0xffff }), '64-bit'],
  ['the 64-bit form: size', zip([{}], { size: 0xffffffff }), '64-bit'],
  ['the 64-bit form: offset', zip([{}], { offset: 0xffffffff }), '64-bit'],
  ['the second of two parts', zip([{}], { thisDisk: 1 }), 'one part'],
  ['a directory in another part', zip([{}], { disk: 1 }), 'one part'],
  ['fewer entries here than in all', zip([{}], { here: 0 }), 'one part'],
  ['a directory that begins too late', zip([{}], { offset: 999 }), 'must end at'],
  ['a directory that begins too early', zip([{}], { offset: 0 }), 'must end at'],
  ['a directory of no bytes', zip([{}], { size: 0 }), 'must end at'],
  ['a directory of 4 GiB', zip([{}], { size: 0xfffffffe }), 'must end at'],
  ['a thousand entries in a small directory', zip([{}], { entries: 1000 }), 'cannot hold'],
  ['65,534 entries in a small directory', zip([{}], { entries: 65534 }), 'cannot hold'],
  ['an entry more than it counts', zip([{}, { name: 'y.npy' }], { entries: 1 }), 'ends after'],
  ['bytes for a directory', zip([{ name: 'x'.repeat(60) }], { entries: 2 }), 'directory is damaged'],
  ['an encrypted entry', one({ flags: 1 }), 'encrypted'],
  ['an entry compressed by bzip2', one({ method: 12 }), 'method 12'],
  ['an entry compressed by lzma', one({ method: 14 }), 'method 14'],
  ['a stored entry of two sizes', one({ stored: true, size: 7 }), 'cannot be'],
  ['an entry that would inflate to 4 GiB', one({ size: 0xfffffffe }), 'cannot be'],
  ['an entry of 64-bit sizes', one({ size: 0xffffffff, compressed: 0xffffffff }), '4 GiB'],
  ['an entry that inflates to nothing', one({ body: Buffer.alloc(0) }), 'cannot be'],
  ['an encrypted entry that a terminal would obey', one({ name: '\x1b[31m\n.npy', flags: 1 }), 'encrypted'],
  ['an array of two lines that is text', one({ name: 'a\nb.npy', content: Buffer.from('text') }), 'NUMPY'],
  ['one name twice', zip([{}, {}]), 'twice'],
  ['an entry within another', zip([{}, { name: 'y.npy', offset: 5 }]), 'reaches into'],
  ['two entries in one place', zip([{}, { name: 'y.npy', offset: 0 }]), 'reaches into'],
  ['an entry that reaches into the directory', one({ stored: true, compressed: 200, size: 200 }), 'reaches into'],
  ['an entry behind the directory', one({ offset: 99_999 }), 'reaches into'],
  ['a local header that reaches too far', one({ localExtra: 0xffff }), 'reaches into'],
  ['a local header of another signature', one({ localSignature: 7 }), 'not where'],
  ['a local header of another name', one({ localName: 'z.npy' }), 'do not agree'],
  ['a local header of another method', one({ localMethod: 0 }), 'do not agree'],
  ['a wrong checksum', one({ crc: 7 }), 'CRC-32'],
  ['a wrong checksum of a stored entry', one({ stored: true, crc: 7 }), 'CRC-32'],
  ['noise for an entry', one({ body: Buffer.alloc(80, 0xa5) }), 'damaged'],
  ['an entry that is cut off', one({ body: deflateRawSync(npy()).subarray(0, -4) }), 'damaged'],
  ['less in an entry than it says', one({ size: 154 }), 'but holds 26'],
  ['more in an entry than it says', one({ size: 151 }), 'but holds 23'],
  ['a megabyte behind an array', one({ content: join(npy(), big), size: 152 }), 'holds more'],
  ['an array that says a megabyte', one({ content: npy({ literal: long(2 ** 20) }) }), 'must hold 1048576 bytes'],
  [
    'an array and a size that say a gigabyte',
    one({ content: npy({ literal: long(2 ** 30) }), size: 2 ** 30 + 128 }),
    'cannot be',
  ],
  ['an empty entry', one({ content: Buffer.alloc(0), stored: true }), 'empty'],
  ['text in an entry', one({ content: Buffer.from('1,2,3') }), 'NUMPY'],
  [
    'Python objects',
    one({ content: npy({ literal: "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }" }) }),
    'Python objects',
  ],
];

export const npzFormat: Format = {
  file: 'arrays.npz',
  read: readNpz,
  valid: [
    good,
    zip([]),
    zip([{ content: npy({ literal: long(2000), data: Buffer.alloc(2000, 3) }) }], { comment: 2, tail: 'ab' }),
  ],
  within: { sound: npy(), wrap: (inner) => zip([{ content: inner }]) },
  malformed,
};
