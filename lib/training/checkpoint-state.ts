/** What a checkpoint says beside its tensors. It is read as what it may be: a file from anywhere, with the right checksum. */

import {
  checkArray,
  checkBoolean,
  checkChoice,
  checkInteger,
  checkNumber,
  checkOptions,
  checkString,
  describe,
} from '../check.js';
import type { Totals } from '../engine/engine.js';
import { ArgumentError } from '../errors.js';
import { checkJsonSize, type JsonLimits, parseJson } from '../files/json.js';
import { TRAINING_STARTS, type TrainingStart } from '../phases/start.js';
import { type EpochRecord, type Metrics, recordOf } from './history.js';
import { checkMomentum } from './sgd.js';
import { WATCHED_METRICS, type WatchedMetric } from './watched-metric.js';

/** Where a training stands, between two updates. */
export interface Position {
  /** The epoch under way, counted from 1; one more than there are where all have ended. */
  readonly epoch: number;
  /** What has been seen of it. */
  readonly totals: Totals;
  /** What its training has taken so far. */
  readonly seconds: number;
  /** The generator before the epoch's order was drawn. */
  readonly random: readonly number[];
  /** What noise is drawn from. */
  readonly seed: number;
  readonly history: readonly EpochRecord[];
}

/** What must be the same for a training to go on as if nothing had been. */
export interface Setting {
  /** By what its model is known again; undefined in files of earlier versions. */
  readonly model?: string;
  readonly examples: number;
  /** A fingerprint of the examples. */
  readonly data: string;
  readonly batchSize: number;
  readonly estimator: string;
  /** By what its programs are known again, since a user's own are named by the user; undefined in files of earlier versions. */
  readonly programs?: string;
  readonly shuffle: boolean;
  readonly start: TrainingStart;
  readonly momentum: number;
  /** All of it as JSON; undefined in files of earlier versions. */
  readonly optimizer?: string;
  readonly keepBest: WatchedMetric | 'no';
  /** A fingerprint of the examples that say which epoch is best, or when to stop; undefined where none do. */
  readonly validation?: string;
}

export interface State {
  readonly position: Position;
  readonly setting: Setting;
  /** What tensors there are beside it: the first checksum covered what they hold, not their names. */
  readonly contents: readonly string[];
}

const LARGEST_WORD = 2 ** 32 - 1;

/** Metrics of a validation lie in a record, that in the history, the position and the state. Values and bytes for 100,000
 * epochs and more: what is below takes less than 256 MiB of V8's heap to read. */
const LIMITS: JsonLimits = { levels: 5, values: 2 ** 20 };
const MOST_BYTES = 2 ** 26;

/** What `parseState` reads. @throws ArgumentError if the history is too long to be read again */
export function encodeState(state: State): Uint8Array {
  const text = JSON.stringify(state);
  checkJsonSize(text, LIMITS, wrongState);
  return checkBytes(new TextEncoder().encode(text));
}

/** @throws ArgumentError that says what is wrong */
export function parseState(bytes: Uint8Array): State {
  const json = parseJson(checkBytes(bytes), LIMITS, wrongState);
  const known = ['position', 'setting', 'contents'];
  const { position, setting, contents } = checkOptions('state', json, known, ['position']); // no copy: see the history
  const checked = parseSetting(setting);
  return {
    position: parsePosition(position, checked),
    setting: checked,
    contents: checkArray('contents', contents).map((line) => checkString('each of contents', line)),
  };
}

function wrongState(why: string, cause?: unknown): ArgumentError {
  return new ArgumentError(`state ${why}`, 'ERR_ARGUMENT', { cause });
}

function checkBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MOST_BYTES) return bytes;
  throw wrongState(`has ${bytes.length} bytes, above the limit of ${MOST_BYTES}`);
}

function parseSetting(json: unknown): Setting {
  const known = ['examples', 'data', 'batchSize', 'estimator', 'shuffle', 'start', 'momentum', 'keepBest'];
  const setting = checkOptions('setting', json, [...known, 'model', 'programs', 'optimizer', 'validation']);
  const textIfThere = (key: string) => setting[key] !== undefined && { [key]: checkString(key, setting[key]) };
  return {
    ...textIfThere('model'),
    examples: checkInteger('examples', setting.examples, 1),
    data: checkString('data', setting.data),
    batchSize: checkInteger('batchSize', setting.batchSize, 1),
    estimator: checkString('estimator', setting.estimator),
    ...textIfThere('programs'),
    shuffle: checkBoolean('shuffle', setting.shuffle),
    start: checkChoice('start', setting.start, TRAINING_STARTS),
    momentum: checkMomentum('momentum', setting.momentum),
    ...textIfThere('optimizer'),
    keepBest: checkChoice('keepBest', setting.keepBest, [...WATCHED_METRICS, 'no']),
    ...textIfThere('validation'),
  };
}

function parsePosition(json: unknown, { examples, batchSize }: Setting): Position {
  const known = ['epoch', 'totals', 'seconds', 'random', 'seed', 'history'];
  // The history has more objects than options may, and is JSON's own: no copy is needed.
  const position = checkOptions('position', json, known, ['history']);
  const epoch = checkInteger('epoch', position.epoch, 1);
  const totals = parseTotals(position.totals, examples);
  if (totals.examples % batchSize !== 0 && totals.examples !== examples) {
    throw new ArgumentError(
      `examples must be whole batches of ${batchSize} or all ${examples}, but are ${totals.examples}`,
    );
  }
  const random = checkArray('random', position.random);
  if (random.length !== 4) throw new ArgumentError(`random must be 4 numbers, but ${random.length} were given`);
  const { history } = position;
  if (!Array.isArray(history)) throw new ArgumentError(`history must be an array, but ${describe(history)} was given`);
  if (history.length !== epoch - 1) {
    throw new ArgumentError(`history must have ${epoch - 1} epochs before epoch ${epoch}, but has ${history.length}`);
  }
  return {
    epoch,
    totals,
    seconds: checkNumber('seconds', position.seconds, 0),
    random: random.map((word) => checkInteger('each of random', word, 0, LARGEST_WORD)),
    seed: checkInteger('seed', position.seed, 0, LARGEST_WORD),
    history: history.map((record, i) => parseRecord(record, i + 1)),
  };
}

function parseTotals(json: unknown, most: number): Totals {
  const totals = checkOptions('totals', json, ['examples', 'wrong', 'energy', 'cost']);
  const examples = checkInteger('examples', totals.examples, 0, most);
  return {
    examples,
    wrong: checkInteger('wrong', totals.wrong, 0, examples),
    energy: checkNumber('energy', totals.energy),
    cost: checkNumber('cost', totals.cost),
  };
}

function parseRecord(json: unknown, epoch: number): EpochRecord {
  const known = ['epoch', 'error', 'cost', 'energy', 'seconds', 'validation'];
  const { seconds, validation, ...rest } = checkOptions('each epoch of history', json, known);
  checkInteger(`epoch ${epoch} of history`, rest.epoch, epoch, epoch);
  const validated =
    validation === undefined
      ? undefined
      : parseMetrics(checkOptions('validation', validation as unknown, ['error', 'cost', 'energy']));
  return recordOf(epoch, parseMetrics(rest), checkNumber('seconds of an epoch', seconds, 0), validated);
}

function parseMetrics({ error, cost, energy }: Record<string, unknown>): Metrics {
  return {
    ...(error !== undefined && { error: checkNumber('error', error, 0, 1) }),
    cost: checkNumber('cost', cost),
    energy: checkNumber('energy', energy),
  };
}
