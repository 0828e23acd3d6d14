import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Tensor, writeSafetensors } from '../../lib/files/safetensors.js';
import { HEADER_LIMITS, LONGEST_HEADER } from '../../lib/files/safetensors-header.js';
import { temporaryFolder } from '../files/support.js';
import { join, u64 } from '../malformed/format.js';
import { slack } from '../slack.js';

/** MiB of V8's heap that a header may take, whatever it says, and that a checkpoint's state may. */
const HEAP = 64;
const HEAP_OF_STATE = 256;
const SECONDS = 10;

type Item = (i: number) => string;

/** A header of `before`, `after` and as many items between as its length and so many values allow; the file goes on with
 * `data` bytes an item. */
function file(values: number, before: string, item: Item, after: string, data = 0): Buffer {
  const items: string[] = [];
  let length = before.length + after.length;
  let left = values - valuesIn(before);
  for (;;) {
    const next = item(items.length);
    length += next.length + 1;
    left -= valuesIn(next) + 1;
    if (length > LONGEST_HEADER || left < 0) break;
    items.push(next);
  }
  const header = Buffer.from(before + items + after, 'latin1');
  return join(u64(BigInt(header.length)), header, Buffer.alloc(data * items.length));
}

const valuesIn = (text: string) => text.match(/[[{,]/g)?.length ?? 0;

function nested(open: string, close: string): Buffer {
  const depth = Math.floor((LONGEST_HEADER - 9) / (open.length + close.length));
  return file(Infinity, `{"a":${open.repeat(depth)}`, () => '1', `${close.repeat(depth)}}`);
}

const short = (i: number) => i.toString(36);
const metadata = '{"__metadata__":{';
const sides = '{"a":{"dtype":"U8","data_offsets":[0,1],"shape":[';
const model = '{"__metadata__":{"format":"eqprop-model-1","model":"';

/** Each fills a header. Its items are as many as values are allowed, or more. */
const hostile: Readonly<Record<string, (values: number) => Buffer>> = {
  'objects in objects': () => nested('{"":', '}'),
  'lists in lists': () => nested('[', ']'),
  'keys of metadata': (n) => file(n, metadata, (i) => `"${short(i)}":""`, '}}'),
  'keys of metadata that are numbers': (n) => file(n, metadata, (i) => `"${i}":""`, '}}'),
  'keys of metadata that are escaped': (n) => file(n, metadata, (i) => `"\\u00ff${short(i)}":""`, '}}'),
  'texts of metadata': (n) => file(n, metadata, (i) => `"${short(i)}":"${i}"`, '}}'),
  tensors: (n) => file(n, '{', (i) => `"${short(i)}":{"dtype":"U8","shape":[],"data_offsets":[${i},${i + 1}]}`, '}', 1),
  'tensors that are empty': (n) => file(n, '{', (i) => `"${short(i)}":{}`, '}'),
  'tensors of keys': (n) => file(n, '{', (i) => `"${short(i)}":{"${short(i)}":${i}.5}`, '}'),
  'keys of a tensor': (n) => file(n, '{"a":{', (i) => `"${short(i)}":1`, '}}'),
  'sides of 1': (n) => file(n, sides, () => '1', ']}}'),
  'sides of 2^53': (n) => file(n, sides, () => `${2 ** 53 - 1}`, ']}}'),
  'sides that are objects': (n) => file(n, sides, () => '{}', ']}}'),
  'a description of layers': (n) => file(n, `${model}{\\"layers\\":[`, () => '{}', ']}"}}'),
  'a description of keys': (n) => file(n, `${model}{`, (i) => `\\"${short(i)}\\":1`, '}"}}'),
  'a description of objects with keys': (n) => file(n, `${model}[`, (i) => `{\\"${short(i)}\\":0.5}`, ']"}}'),
  'a description of lists in lists': () => file(Infinity, `${model}${'['.repeat(1e6)}`, () => '[', '"}}'),
};

/** Opens files as models and as checkpoints, and says what comes of it. */
const program = `
const { Model } = require('eqprop');
const { readCheckpoint } = require(${JSON.stringify(require.resolve('../../lib/training/checkpoint.js'))});
(async () => {
  for (const path of process.argv.slice(1)) {
    for (const read of [Model.load, readCheckpoint]) console.log((await read(path).catch((error) => error)).code);
  }
})();`;

/** Opens them in a process with a heap of so many MiB, which must refuse each, twice. */
function expectRefused(heap: number, files: readonly string[]): void {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [`--max-old-space-size=${heap}`, '-e', program, ...files],
    { encoding: 'utf8', timeout: slack(SECONDS * 1000), killSignal: 'SIGKILL' },
  );
  const ended = { status, signal, said: stdout.trim().split('\n') };
  const refused = Array(2 * files.length).fill('ERR_DATA');
  expect(ended, stderr).to.deep.equal({ status: 0, signal: null, said: refused });
}

describe('a file whose header is as long as may be and full of', () => {
  const at = temporaryFolder();

  for (const [what, bytes] of Object.entries(hostile)) {
    it(`${what} is refused in ${HEAP} MiB and ${SECONDS} s`, () => {
      const files = [HEADER_LIMITS.values, Infinity].map((values) => {
        writeFileSync(at(String(values)), bytes(values));
        return at(String(values));
      });
      expectRefused(HEAP, files);
    }).timeout(1.5 * SECONDS * 1000);
  }
});

const items = (count: number, item: Item) => Array.from({ length: count }, (_, i) => item(i)).join();
const history = (records: string) => `{"position":{"history":[${records}]}}`;

/** About as many values as are allowed, or bytes. */
const hostileStates: Readonly<Record<string, () => string>> = {
  keys: () => `{${items(2 ** 20 - 9, (i) => `"${short(i)}":1`)}}`,
  'a history of objects with keys': () => history(items(2 ** 19 - 9, (i) => `{"${short(i)}":0.5}`)),
  'a history of nothing': () => history(items(2 ** 19 - 9, () => '{}')),
  'a long text': () => `"${'ÿ'.repeat(2 ** 25 - 9)}"`,
  'more bytes than are allowed': () => `"${'x'.repeat(2 ** 26)}"`,
  'more values than are allowed': () => `[${'{},'.repeat(2 ** 23)}{}]`,
  'objects in objects': () => `${'{"":'.repeat(2 ** 23)}1${'}'.repeat(2 ** 23)}`,
};

describe('a checkpoint whose state is full of', () => {
  const at = temporaryFolder();

  for (const [what, text] of Object.entries(hostileStates)) {
    it(`${what} is refused in ${HEAP_OF_STATE} MiB and ${SECONDS} s`, async () => {
      const data = new Uint8Array(Buffer.from(text()));
      const state: Tensor = { dtype: 'U8', shape: [data.length], data };
      await writeSafetensors(at('state'), new Map([['state', state]]), { format: 'eqprop-checkpoint-1' });
      expectRefused(HEAP_OF_STATE, [at('state')]);
    }).timeout(1.5 * SECONDS * 1000);
  }
});
