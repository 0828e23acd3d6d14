import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tensor } from '../../lib/files/safetensors.js';
import { hopfield, Model } from '../../lib/index.js';
import { inFolder } from '../torture/folder.js';
import type { Format, Malformed } from './format.js';
import { floats, written } from './written.js';

const description = () => ({
  layers: [
    { name: 'hidden', shape: [3], clamped: false, activation: 'hardSigmoid', range: [0, 1] },
    { name: 'output', shape: [1], clamped: false, activation: 'hardSigmoid', range: [0, 1] },
    { name: 'input', shape: [2], clamped: true, activation: 'linear', range: ['-Infinity', 'Infinity'] },
  ],
  interactions: [
    { name: 'leak1', kind: 'leak', layers: ['hidden'], strength: 1 },
    { name: 'leak2', kind: 'leak', layers: ['output'], strength: 1 },
    { name: 'dense1', kind: 'dense', layers: ['input', 'hidden'] },
    { name: 'dense2', kind: 'dense', layers: ['hidden', 'output'] },
  ],
  cost: { kind: 'squaredError', layer: 'output' },
  input: 'input',
  output: 'output',
  dynamics: { kind: 'euler', stepSize: 0.5, iterations: 10, tolerance: 0 },
  start: 'zero',
});

const parameters = (): Map<string, Tensor> =>
  new Map([
    ['dense1.weight', floats([2, 3])],
    ['dense2.weight', floats([3, 1])],
  ]);

const file =
  (model: unknown, tensors = parameters(), format = 'eqprop-model-1') =>
  () =>
    written(tensors, { format, model: typeof model === 'string' ? model : JSON.stringify(model) });

type Loose = Record<string, unknown>;

/** A model with one value of its description replaced: `path` leads there. */
function replaced(path: string, value: unknown) {
  const model = description() as unknown as Loose;
  const keys = path.split('.');
  let at = model;
  for (const key of keys.slice(0, -1)) at = at[key] as Loose;
  at[keys[keys.length - 1]] = value;
  return file(model);
}

function withTensor(name: string, tensor: Tensor | undefined) {
  const tensors = parameters();
  if (tensor) tensors.set(name, tensor);
  else tensors.delete(name);
  return file(description(), tensors);
}

const changedHeader = (from: string, to: string) => async () => {
  const bytes = Buffer.from(await saved())
    .toString('latin1')
    .replace(from, to);
  return Buffer.from(bytes, 'latin1');
};

const malformed: readonly Malformed[] = [
  ['no metadata', () => written(parameters(), {}), 'format'],
  ['another format', file(description(), undefined, 'eqprop-model-999'), 'format'],
  [
    'more metadata',
    () => written(parameters(), { format: 'eqprop-model-1', model: JSON.stringify(description()), more: '' }),
    "the unknown key 'more'",
  ],
  ['a range that was changed', changedHeader('range\\":[0,1', 'range\\":[0,3'), 'its header does not match'],
  ['a description that was changed', changedHeader('\\"bias1\\"', '\\"bias2\\"'), 'its header does not match'],
  ['no description', () => written(parameters(), { format: 'eqprop-model-1' }), 'no description'],
  ['a description that is no JSON', file('{'), 'no description'],
  ['a key of its description twice', file(JSON.stringify(description()).replace('{', '{"input":"hidden",')), 'twice'],
  [
    'a key of a layer twice, escaped',
    file(JSON.stringify(description()).replace('"clamped"', '"cl\\u0061mped":true,"clamped"')),
    "'clamped' twice",
  ],
  ['a description of 13 levels', replaced('more', JSON.parse('['.repeat(12) + ']'.repeat(12))), 'nested'],
  ['a description of 131,072 values', replaced('more', Array(2 ** 17).fill(0)), 'values'],
  ['a description that is null', file('null'), 'no description'],
  ['a description that is a number', file('7'), 'no description'],
  ['a description that is a list', file('[]'), 'list of layers'],
  ['an empty description', file('{}'), 'list of layers'],
  ['no layers', replaced('layers', []), 'layer'],
  ['layers that are an object', replaced('layers', {}), 'list of layers'],
  ['a layer that is null', replaced('layers.0', null), 'a layer must be'],
  ['a layer of no shape', replaced('layers.0.shape', undefined), 'shape'],
  ['a layer of an empty shape', replaced('layers.0.shape', []), 'shape'],
  ['a layer of −1 units', replaced('layers.0.shape', [-1]), 'shape'],
  ['a layer of 2.5 units', replaced('layers.0.shape', [2.5]), 'shape'],
  ['a layer of a number that is text', replaced('layers.0.shape', ['3']), 'shape'],
  ['a layer of 2^53 units', replaced('layers.0.shape', [2 ** 53]), 'shape'],
  ['a layer of 2^31 − 1 units', replaced('layers.0.shape', [2 ** 31 - 1]), 'shape'],
  ['a layer of 2^31 units twice', replaced('layers.0.shape', [2 ** 30, 2 ** 30]), 'shape'],
  ['a layer of a name that is a number', replaced('layers.0.name', 7), 'name'],
  ['two layers of one name', replaced('layers.0.name', 'output'), 'two layers'],
  ['a clamped that is text', replaced('layers.0.clamped', 'no'), 'clamped'],
  ['an unknown activation', replaced('layers.0.activation', 'relu'), 'activation'],
  ['constructor for an activation', replaced('layers.0.activation', 'constructor'), 'activation'],
  ['a range backwards', replaced('layers.0.range', [1, 0]), 'range'],
  ['a range of text', replaced('layers.0.range', ['a', 'b']), 'range'],
  ['a range that is null', replaced('layers.0.range', null), 'range'],
  ['no interactions', replaced('interactions', []), 'interactions'],
  ['interactions that are text', replaced('interactions', 'leak'), 'list of interactions'],
  ['an interaction that is null', replaced('interactions.0', null), 'an interaction must be'],
  ['an unknown interaction', replaced('interactions.0.kind', 'conv9'), 'conv9'],
  ['__proto__ for an interaction', replaced('interactions.0.kind', '__proto__'), 'kind'],
  ['toString for an interaction', replaced('interactions.0.kind', 'toString'), 'kind'],
  ['an interaction that a terminal would obey', replaced('interactions.0.kind', '\u001b[31m\nconv9'), 'conv9'],
  ['a name of two lines', replaced('interactions.2.name', 'dense\n1'), 'is missing'],
  ['a name of 10,000 letters', replaced('interactions.2.name', 'x'.repeat(10_000)), 'the parameter'],
  [
    'two interactions of a name of two lines',
    file(JSON.stringify(description()).replace(/leak[12]/g, 'leak\\n')),
    'two interactions',
  ],
  ['two interactions of one name', replaced('interactions.0.name', 'leak2'), 'two interactions'],
  ['an interaction without a name', replaced('interactions.0.name', undefined), 'name'],
  ['an interaction of a layer that is not there', replaced('interactions.0.layers', ['nowhere']), 'no layer'],
  ['an interaction of no layers', replaced('interactions.0.layers', []), 'joins 1 layers'],
  ['a leak of two layers', replaced('interactions.0.layers', ['hidden', 'output']), 'joins 1 layers'],
  ['a dense of one layer, twice', replaced('interactions.2.layers', ['hidden', 'hidden']), 'dense'],
  ['a leak of negative strength', replaced('interactions.0.strength', -1), 'strength'],
  [
    'a leak of a strength of 1e999',
    file(JSON.stringify(description()).replace('"strength":1', '"strength":1e999')),
    'strength',
  ],
  ['an option that is unknown', replaced('interactions.0.evil', 1), 'evil'],
  ['weights shared with what comes later', replaced('interactions.2.share', 'dense2'), 'not before it'],
  ['weights shared with a leak', replaced('interactions.2.share', 'leak1'), 'share'],
  ['no cost', replaced('cost', undefined), 'cost'],
  ['an unknown cost', replaced('cost.kind', 'evil'), 'evil'],
  ['a cost of another layer', replaced('cost.layer', 'hidden'), 'cost'],
  ['a decay that is text', replaced('cost.decay', 'x'), 'decay'],
  ['a decay of a parameter that is not there', replaced('cost.decay', { nothing: 1 }), 'nothing'],
  ['an input that is not there', replaced('input', 'nowhere'), 'no layer'],
  ['an input that is free', replaced('input', 'hidden'), 'clamped'],
  ['an output that is clamped', replaced('output', 'input'), 'output'],
  ['no dynamics', replaced('dynamics', undefined), 'dynamics'],
  ['unknown dynamics', replaced('dynamics.kind', 'evil'), 'dynamics'],
  ['constructor for dynamics', replaced('dynamics.kind', 'constructor'), 'dynamics'],
  ['a negative step', replaced('dynamics.stepSize', -1), 'stepSize'],
  ['10^10 iterations', replaced('dynamics.iterations', 1e10), 'iterations'],
  ['an unknown start', replaced('start', 'evil'), 'start'],
  ['a parameter that is missing', withTensor('dense1.weight', undefined), 'missing'],
  ['a parameter of another shape', withTensor('dense1.weight', floats([3, 2])), 'shape'],
  [
    'a parameter of bytes',
    withTensor('dense1.weight', { dtype: 'U8', shape: [2, 3], data: new Uint8Array(6) }),
    'floating-point',
  ],
  ['a NaN', withTensor('dense1.weight', floats([2, 3], Number.NaN)), 'finite'],
  ['an infinity', withTensor('dense1.weight', floats([2, 3], Infinity)), 'finite'],
];

async function load(path: string): Promise<void> {
  (await Model.load(path, { threads: 1 })).dispose();
}

const saved = () =>
  inFolder(async (dir) => {
    const model = hopfield([2, 2, 1], { threads: 1 });
    await model.save(join(dir, 'model'));
    model.dispose();
    return readFile(join(dir, 'model'));
  });

export const modelFormat: Format = {
  file: 'model.safetensors',
  read: load,
  valid: [saved, file(description())],
  within: {
    sound: Buffer.from(JSON.stringify(description())),
    wrap: (inner) => file(Buffer.from(inner).toString('latin1')),
  },
  malformed,
};
