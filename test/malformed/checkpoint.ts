import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '../../lib/files/safetensors.js';
import { dataset, euler, hopfield, positive, sgd } from '../../lib/index.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import type { State } from '../../lib/training/checkpoint-state.js';
import { inFolder } from '../torture/folder.js';
import { type Format, type Malformed, withByte } from './format.js';
import { floats, rewritten, written } from './written.js';

/** A checkpoint of a little training. */
const saved = () =>
  inFolder(async (dir) => {
    const model = hopfield([2, 1], { seed: 1, threads: 1 });
    const data = dataset({ inputs: Float32Array.of(0, 1, 1, 0), shape: [2], labels: [0, 0], classes: 1 });
    const dynamics = euler({ iterations: 3 });
    const estimator = positive({ beta: 1, free: dynamics, nudged: dynamics });
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.5 });
    await model.fit(data, { epochs: 1, estimator, optimizer, start: 'persistent', checkpoint: { dir } });
    model.dispose();
    return readFile(join(dir, 'checkpoint-00000001.safetensors'));
  });

const state = (): State => ({
  position: {
    epoch: 1,
    totals: { examples: 0, wrong: 0, energy: 0, cost: 0 },
    seconds: 0,
    random: [1, 2, 3, 4],
    seed: 0,
    history: [],
  },
  setting: {
    ...{ examples: 2, data: 'any', batchSize: 20, estimator: '[]', shuffle: true, start: 'zero', momentum: 0 },
    keepBest: 'no',
  },
  contents: ['parameters/w F32 2,3'],
});

const FORMAT: Record<string, string> = { format: 'eqprop-checkpoint-1' };

/** A file whose state is that text, or JSON of that value. */
function file(given: unknown, tensors: Record<string, Tensor> = { 'parameters/w': floats([2, 3]) }, metadata = FORMAT) {
  const text =
    given instanceof Uint8Array ? given : Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
  const bytes: Tensor = { dtype: 'U8', shape: [text.length], data: Uint8Array.from(text) };
  return () => written(new Map([...Object.entries(tensors), ['state', bytes] as const]), metadata);
}

const contents = (list: unknown) => file({ ...state(), contents: list });
const tensors = (others: Record<string, Tensor>) => file(state(), others);
const cut = (length: number) => async () => (await saved()).subarray(0, length);
const flipped = (at: number) => async () => withByte(await saved(), at, (b) => b ^ 1);
const renamed = (name: string | RegExp, other: string) => async () =>
  Buffer.from(
    Buffer.from(await saved())
      .toString('latin1')
      .replace(name, other),
    'latin1',
  );
const rewrote = (name: string | RegExp, other: string) => async () =>
  rewritten(await saved(), (header) => header.replace(name, other));
const without = (key: 'position' | 'setting') => file({ ...state(), [key]: undefined });

const notFinite = (name: string) =>
  file({ ...state(), contents: [`${name} F32 1`] }, { [name]: floats([1], Number.NaN) });

const none = 'holds no checkpoint';
const malformed: readonly Malformed[] = [
  ['nothing', Buffer.alloc(0), 'it holds 0 bytes'],
  ['seven of its bytes', cut(7), 'it holds 7 bytes'],
  ['its length alone', cut(8), 'bytes follow'],
  ['half of its header', cut(200), 'bytes follow'],
  ['all but a byte', cut(-1), 'bytes follow'],
  ['all but its state', cut(-500), 'bytes follow'],
  ['a bit of its first numbers', flipped(-1), 'SHA-256'],
  ['a bit of its state', flipped(-40), 'SHA-256'],
  ['a bit within its numbers', flipped(-700), 'SHA-256'],
  ['a letter of a name changed', renamed('parameters/bias1', 'parameters/bias2'), 'its header does not match'],
  ['a letter of a prefix changed', renamed('velocity/', 'velocitx/'), 'its header does not match'],
  ['a tensor of another name', rewrote('parameters/bias1', 'parameters/bias2'), none],
  ['a velocity that is called a parameter', rewrote('velocity/', 'velocitx/'), none],
  ['a checksum after a space', rewrote('"sha256-header":"', '"sha256-header": "'), 'its header does not match'],
  ['no metadata', async () => written(new Map([['a', floats([1])]]), {}), 'format'],
  ['the format of a model', file(state(), undefined, { format: 'eqprop-model-1' }), 'format'],
  ['a format of the future', file(state(), undefined, { format: 'eqprop-checkpoint-2' }), 'format'],
  ['no checksum', renamed('"sha256"', '"sha255"'), 'checksum'],
  ['a checksum of nothing', renamed(/"sha256":"./, '"sha256":"g'), 'SHA-256'],
  ['no checksum, in a sound header', rewrote('"sha256"', '"sha255"'), 'it has no checksum'],
  ['a checksum of nothing, in a sound header', rewrote(/"sha256":"./, '"sha256":"g'), 'its tensors do not match'],
  ['no checksum of its header, but of what is unknown', renamed('256-header', '256-heades'), "'sha256-heades'"],
  [
    'a checksum of no digits',
    renamed(/"sha256-header":".{64}/, `"sha256-header":"${'z'.repeat(64)}`),
    'its header does',
  ],
  ['an empty checksum', rewrote(/"sha256-header":".{64}"/, '"sha256-header":""'), 'its header does not match'],
  ['more metadata', file(state(), undefined, { ...FORMAT, more: '' }), "the unknown key 'more'"],
  ['no state', async () => written(new Map([['parameters/w', floats([2, 3])]]), FORMAT), "'state' is missing"],
  ['a state of floats', async () => written(new Map([['state', floats([3])]]), FORMAT), "'state' is missing"],
  ['an empty state', file(''), none],
  ['a state that is no JSON', file('{"position":'), none],
  ['a state that is no UTF-8', file(Uint8Array.of(0xff, 0xfe)), none],
  ['a state that is null', file('null'), none],
  ['a state that is a number', file('7'), none],
  ['a state that is a list', file('[]'), none],
  ['a state that is text', file('"position"'), none],
  ['an empty object for a state', file('{}'), none],
  ['a state of brackets', file('['.repeat(5000)), none],
  ['no position', without('position'), none],
  ['a position that is null', file({ ...state(), position: null }), none],
  ['an empty position', file({ ...state(), position: {} }), none],
  ['an epoch that is text', file({ ...state(), position: { ...state().position, epoch: '1' } }), none],
  ['an epoch that is an object', file({ ...state(), position: { ...state().position, epoch: {} } }), none],
  ['no setting', without('setting'), none],
  ['a setting that is null', file({ ...state(), setting: null }), none],
  ['a setting that is text', file({ ...state(), setting: 'zero' }), none],
  ['a batch size that is text', file({ ...state(), setting: { ...state().setting, batchSize: '20' } }), none],
  ['no contents', contents(undefined), none],
  ['contents that are null', contents(null), none],
  ['a tensor of two lines, not finite', notFinite('parameters/w\nx'), 'finite'],
  ['no tensor in its contents', contents([]), none],
  ['a tensor too many in its contents', contents(['a F32 1', 'parameters/w F32 2,3']), none],
  ['a tensor of another dtype in its contents', contents(['parameters/w F64 2,3']), none],
  ['a tensor of another shape in its contents', contents(['parameters/w F32 3,2']), none],
  ['contents that are an object', contents({ 0: 'parameters/w F32 2,3' }), none],
  ['a tensor that its contents do not name', tensors({ 'parameters/w': floats([2, 3]), other: floats([1]) }), none],
  ['no tensor', tensors({}), none],
  [
    'a parameter of another type',
    tensors({ 'parameters/w': { dtype: 'U32', shape: [2, 3], data: new Uint32Array(6) } }),
    none,
  ],
];

export const checkpointFormat: Format = {
  file: 'checkpoint-00000001.safetensors',
  read: readCheckpoint,
  valid: [saved, file(state())],
  within: { sound: Buffer.from(JSON.stringify(state())), wrap: (inner) => file(inner) },
  malformed,
};
