import { readSettingsFile } from '../../lib/cli/settings-file.js';
import { requestOf } from '../cli/support.js';
import { type Format, join, type Malformed } from './format.js';

const yaml = (text: string) => Buffer.from(text);
/** Settings with one more line. */
const line = (text: string) => yaml(`data: columns\n${text}\n`);

/** Each stands for nine of the one before. */
const bomb = Array.from('bcdefghi', (name, i) => {
  const before = `*${'abcdefgh'[i]}`;
  return `${name}: &${name} [${Array(9).fill(before).join(', ')}]\n`;
});

const malformed: readonly Malformed[] = [
  ['nothing', yaml(''), 'must be a map'],
  ['a comment', yaml('# mine\n'), 'must be a map'],
  ['a number', yaml('7'), 'must be a map'],
  ['null', yaml('~'), 'must be a map'],
  ['a text', yaml('hidden'), 'must be a map'],
  ['a list', yaml('- data\n'), 'must be a map'],
  ['65,536 bytes and one', Buffer.alloc(65_537, '#'), 'above the limit of 65536'],
  ['a byte that is no UTF-8', Buffer.from('data: \xff\n', 'latin1'), 'not valid UTF-8'],
  ['half a pair of surrogates', Buffer.from('data: \xed\xa0\x80\n', 'latin1'), 'not valid UTF-8'],
  ['UTF-16', Buffer.from('\ufeffdata: columns\n', 'utf16le'), 'not valid UTF-8'],
  ['a gzip file', join('\x1f\x8b\x08', Buffer.alloc(20)), 'not valid UTF-8'],
  ['an alias', line('beta: &x 1\ngain: *x'), 'Alias'],
  ['a bomb of aliases', yaml(`a: &a [x, x, x, x, x, x, x, x, x]\n${bomb.join('')}`), 'Alias'],
  ['a map that holds itself', yaml('&a data: *a\n'), 'Alias'],
  ['an alias of nothing', line('beta: *x'), 'Alias'],
  ['a merge', line('<<: {epochs: 1}'), "'<<' is no setting"],
  ['two anchors', line('beta: &a &b 1'), 'anchor'],
  ['a tag of JavaScript', line('beta: !!js/function "x"'), 'tag'],
  ['a tag of its own', line('beta: !mine 1'), 'tag'],
  ['a set', line('hidden: !!set {5, 6}'), 'tag'],
  ['a binary', line('estimator: !!binary aGk='), 'tag'],
  ['two documents', line('---\ndata: columns'), 'documents'],
  ['a version of the future', yaml('%YAML 9.9\n---\ndata: columns\n'), 'version'],
  ['an unknown directive', yaml('%MINE\n---\ndata: columns\n'), 'directive'],
  ['a key twice', line('data: mnist'), 'unique'],
  ['a key twice, in quotes', line('"data": mnist'), 'unique'],
  ['brackets that stay open', line('hidden: [5,'), 'at line'],
  ['braces that stay open', yaml('{data: columns'), 'at line'],
  ['a bracket too many', line('hidden: [5]]'), 'at line'],
  ['quotes that stay open', line('estimator: "positive'), 'at line'],
  ['single quotes that stay open', line("estimator: 'positive"), 'at line'],
  ['an escape that is none', line('estimator: "\\q"'), 'at line'],
  ['a tab', line('hidden:\n\t- 1'), 'at line'],
  ['a map in a line of a map', line('epochs: 1: 2'), 'at line'],
  ['a line out of place', line('  epochs: 1'), 'at line'],
  ['a key without a colon', line('epochs'), 'at line'],
  ['an at sign', line('@epochs: 1'), 'at line'],
  ['brackets in brackets', yaml(`data: ${'['.repeat(30_000)}`), 'nested too deeply'],
  ['lists in lists', yaml('- '.repeat(30_000)), 'nested too deeply'],
  ['a key that is a number', yaml('7: columns\n'), 'its keys must be texts'],
  ['a key that is null', line('~: 1'), 'its keys must be texts'],
  ['a key that is true', line('true: 1'), 'its keys must be texts'],
  ['a key that is a list of two lines', line('? [a, "b\\nc"]\n: 1'), 'its keys must be texts'],
  ['a key that is a map', line('? {a: 1}\n: 2'), 'its keys must be texts'],
  ['a key of a list of 10,000', line(`? [${'x, '.repeat(10_000)}]\n: 2`), 'its keys must be texts'],
  ['an empty key', line('"": 1'), 'is no setting'],
  ['an unknown key', line('lr: 1'), "'lr' is no setting"],
  ['a key of two lines', line('"a\\nb": 1'), 'is no setting'],
  ['a key that a terminal would obey', line('"\\e[31m": 1'), 'is no setting'],
  ['a key of 1,000 letters', line(`${'x'.repeat(1000)}: 1`), 'is no setting'],
  ['__proto__', line('__proto__: {epochs: 1}'), "'__proto__' is no setting"],
  ['constructor', line('constructor: 1'), "'constructor' is no setting"],
  ['json', line('json: true'), "'json' is no setting"],
  ['resume', line('resume: true'), "'resume' is no setting"],
  ['a key in two spellings', line('keep-best: true\nkeepBest: true'), 'keepBest is given twice'],
  ['no data', yaml('epochs: 3\n'), "missing required argument 'data'"],
  ['data that are a number', yaml('data: 7\n'), 'data must be'],
  ['data that are null', yaml('data:\n'), 'data must be'],
  ['data that are a map', yaml('data: {a: 1}\n'), 'data must be'],
  ['a run of no name', line('run: ""'), 'run must be'],
  ['a run that is a list', line('run: [a]'), 'run must be'],
  ['epochs that are null', line('epochs:'), 'epochs must be'],
  ['epochs that are true', line('epochs: true'), 'epochs must be'],
  ['half an epoch', line('epochs: 1.5'), 'epochs must be'],
  ['no epoch', line('epochs: 0'), 'epochs must be'],
  ['endless epochs', line('epochs: .inf'), 'epochs must be'],
  ['epochs that are a map', line('epochs: {a: 1}'), 'epochs must be'],
  ['epochs that are a date', line('epochs: 2026-11-28'), 'epochs must be'],
  ['a beta that is no number', line('beta: .nan'), 'beta must be'],
  ['a beta of 1e999', line('beta: 1e999'), 'beta must be'],
  ['an unknown preset', line('preset: paper-9'), 'preset must be one of'],
  ['an estimator of two lines', line('estimator: |\n  random\n  sign'), 'estimator must be one of'],
  ['an estimator of 10,000 letters', line(`estimator: ${'x'.repeat(10_000)}`), 'estimator must be one of'],
  ['a list in the hidden layers', line('hidden: [5, [6]]'), 'hidden must be'],
  ['no hidden layers', line('hidden: []'), 'hidden must be'],
  ['a hidden layer of −1', line('hidden: [5, -1]'), 'hidden must be'],
  ['a hidden layer of 2^53', line('hidden: 9007199254740993'), 'hidden must be'],
  ['rates of text', line('rates: [fast]'), 'rates must be'],
  ['points that are odd', line('points: 3'), 'points must be'],
  ['a momentum of 1', line('momentum: 1'), 'momentum must be'],
  ['a decay of nothing', line('decay: 0'), 'decay must be'],
  ['a seed below 0', line('seed: -1'), 'seed must be'],
  ['keep-best that is 1', line('keep-best: 1'), 'keepBest must be true or false'],
];

export const settingsFormat: Format = {
  file: 'settings.yaml',
  /** As `eqprop train` does: what names and values it takes is up to its options. */
  async read(path) {
    await readSettingsFile(path);
    await requestOf(path);
  },
  valid: [
    line('hidden: [500, 500]\ndecay: cosine\nbeta: 2e-1\nkeep-best: true\nestimator: random-sign # ours'),
    yaml('%YAML 1.2\n---\n{"data": \'./columns\', rates: [.1, 0.2], ? epochs : 3, keepBest: false}\n...\n'),
    yaml('data: >-\n  columns\nrun: "runs/\\u00fc"\nhidden:\n- 5\n- 6\npreset: fast-2\nthreads: 2\nseed: 0x10\n'),
  ],
  saysArguments: true,
  malformed,
};
