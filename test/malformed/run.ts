import { dirname, join } from 'node:path';
import { readRunSettings, scaleOfRun } from '../../lib/cli/run-folder.js';
import { RUN_SETTINGS, requestOf } from '../cli/support.js';
import type { Format, Malformed } from './format.js';

const settings = () => ({
  ...RUN_SETTINGS,
  scale: 0.5,
  hidden: [6],
  free: { kind: 'euler', iterations: 10 },
  options: { ...RUN_SETTINGS.options, rates: [0.1, 0.2] } as object,
});

const text = JSON.stringify(settings());
const bytes = (json: string) => Buffer.from(json);
const changed = (change: object) => bytes(JSON.stringify({ ...settings(), ...change }));
const option = (change: object) => changed({ options: { ...settings().options, ...change } });
const replaced = (from: string, to: string) => bytes(text.replace(from, to));

const malformed: readonly Malformed[] = [
  ['nothing', bytes(''), 'not JSON'],
  ['spaces', bytes('  \n'), 'not JSON'],
  ['half of it', bytes(text.slice(0, 100)), 'not JSON'],
  ['all but a brace', bytes(text.slice(0, -1)), 'not JSON'],
  ['two objects', bytes(text + text), 'not JSON'],
  ['a comment', replaced('{', '{/* mine */'), 'not JSON'],
  ['a comma at the end', bytes(text.replace(/\}$/, ',}')), 'not JSON'],
  ['YAML', bytes('format: eqprop-run-1\n'), 'not JSON'],
  ['a safetensors file', Buffer.from('\x02\0\0\0\0\0\0\0{}', 'latin1'), 'not JSON'],
  ['NUL', bytes(`${text}\0`), 'not JSON'],
  ['a new line in a text', replaced('columns', 'col\numns'), 'not JSON'],
  ['bytes that are no UTF-8', Buffer.from(text.replace('somewhere', 'som\xeb'), 'latin1'), 'UTF-8'],
  ['half a pair of surrogates', Buffer.from(text.replace('some', '\xed\xa0\x80'), 'latin1'), 'UTF-8'],
  ['UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le'), 'UTF-8'],
  ['a megabyte and a byte', Buffer.alloc(2 ** 20 + 1, ' '), 'above the limit of 1048576'],
  ['lists in lists', bytes('['.repeat(5000)), 'nested deeper'],
  ['objects in objects', replaced('{', `{"x":${'{"a":'.repeat(9)}1${'}'.repeat(9)},`), 'nested deeper'],
  ['65,536 values', changed({ x: Array(2 ** 16).fill(1) }), 'more than 65536 values'],
  ['a key twice', replaced('{', '{"data":"mnist",'), "'data' twice"],
  ['a key twice, escaped', replaced('{', '{"d\\u0061ta":"mnist",'), "'data' twice"],
  ['an option twice', replaced('"epochs"', '"epochs":1,"epochs"'), "'epochs' twice"],
  ['a key of two lines twice', replaced('{', '{"a\\nb":1,"a\\nb":2,'), 'twice'],
  ['null', bytes('null'), 'no object'],
  ['a number', bytes('7'), 'no object'],
  ['a text', bytes('"eqprop-run-1"'), 'no object'],
  ['a list', bytes('[]'), 'format'],
  ['an empty object', bytes('{}'), 'format'],
  ['a format of the future', changed({ format: 'eqprop-run-2' }), 'format'],
  ['a format in a list', changed({ format: ['eqprop-run-1'] }), 'format'],
  ['a format of its prototype', replaced('"format"', '"__proto__":{"format":"eqprop-run-1"},"x"'), 'format'],
  ['no data', changed({ data: undefined }), 'its data is not a text'],
  ['empty data', changed({ data: '' }), 'its data is not a text'],
  ['data that are a list', changed({ data: ['mnist'] }), 'its data is not a text'],
  ['no dataset', changed({ dataset: undefined }), 'its dataset is not a text'],
  ['a dataset that is a number', changed({ dataset: 7 }), 'its dataset is not a text'],
  ['no engine', changed({ engine: undefined }), 'its engine is not a text'],
  ['an engine that is an object', changed({ engine: {} }), 'its engine is not a text'],
  ['a native engine without precision', changed({ precision: undefined }), 'its precision is not a text'],
  ['an instruction set that is null', changed({ isa: null }), 'its isa is not a text'],
  ['no options', changed({ options: undefined }), 'its options are no object'],
  ['options that are null', changed({ options: null }), 'its options are no object'],
  ['options that are a list', changed({ options: [] }), 'its options are no object'],
  ['options that are text', changed({ options: '--epochs 3' }), 'its options are no object'],
  ['an unknown option', option({ lr: 1 }), "'lr' is no setting"],
  ['an option of two lines', option({ 'a\nb\u001b[31m': 1 }), 'is no setting'],
  ['an option of 10,000 letters', option({ ['x'.repeat(10_000)]: 1 }), 'is no setting'],
  ['the run as an option', option({ run: 'elsewhere' }), "'run' is no setting"],
  ['__proto__ for an option', replaced('"options":{', '"options":{"__proto__":{"x":1},'), "'__proto__' is no setting"],
  ['constructor for an option', option({ constructor: 1 }), "'constructor' is no setting"],
  ['an option in two spellings', option({ 'keep-best': true }), 'keepBest is given twice'],
  ['epochs that are null', option({ epochs: null }), 'epochs must be'],
  ['half an epoch', option({ epochs: 1.5 }), 'epochs must be'],
  ['−1 epochs', option({ epochs: -1 }), 'epochs must be'],
  ['endless epochs', replaced('"epochs":3', '"epochs":1e999'), 'epochs must be'],
  ['2^53 epochs', option({ epochs: 2 ** 53 }), 'epochs must be'],
  ['epochs that are an object', option({ epochs: {} }), 'epochs must be'],
  ['a preset of the prototype', option({ preset: 'toString' }), 'preset must be one of'],
  ['an estimator of two lines', option({ estimator: 'random\nSign' }), 'estimator must be one of'],
  ['hidden layers in a list', option({ hidden: [[6]] }), 'hidden must be'],
  ['no hidden layers', option({ hidden: [] }), 'hidden must be'],
  ['a hidden layer of nothing', option({ hidden: [6, 0] }), 'hidden must be'],
  ['rates below 0', option({ rates: [-1] }), 'rates must be'],
  ['a rate that is text', option({ rates: ['x'] }), 'rates must be'],
  ['a decay of 0', option({ decay: 0 }), 'decay'],
  ['a momentum of 1', option({ momentum: 1 }), 'momentum'],
  ['dynamics of the prototype', option({ dynamics: 'valueOf' }), 'dynamics must be one of'],
  ['no free iterations', option({ freeIterations: 0 }), 'freeIterations must be a whole number'],
  ['a relaxation of 2', option({ relaxation: 2 }), 'relaxation must be a number above 0 and below 2'],
  ['a tolerance below 0', option({ tolerance: -1 }), 'tolerance must be'],
  ['keepBest that is text', option({ keepBest: 'yes' }), 'keepBest must be true or false'],
  ['no scale', changed({ scale: undefined }), 'its scale is undefined'],
  ['a scale of 0', changed({ scale: 0 }), 'its scale is 0'],
  ['a scale above 1', changed({ scale: 1.5 }), 'its scale is 1.5'],
  [
    'a given scale that no float holds',
    changed({ options: { scale: 2 }, inputScale: 1e200 }),
    'its inputScale is 1e+200',
  ],
  ['a scale that is text', changed({ scale: '0.5' }), 'its scale is'],
  ['a scale that is a long list', changed({ scale: Array(10_000).fill('\n') }), 'its scale is'],
];

export const runFormat: Format = {
  file: 'settings.json',
  /** As a run that goes on reads it, and then as one whose model is evaluated. */
  async read(path) {
    await readRunSettings(path);
    await requestOf('--resume', '--run', dirname(path));
    await scaleOfRun(join(dirname(path), 'model.safetensors'));
  },
  valid: [bytes(text), bytes(JSON.stringify({ ...settings(), engine: 'javascript', isa: 'none' }, null, 2))],
  malformed,
};
