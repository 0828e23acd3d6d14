/** What a training is in the midst of, as a file that a later process goes on from. */

import type { Floats } from '../check.js';
import type { Persistent, Totals } from '../engine/engine.js';
import { DataError } from '../errors.js';
import { CHECKSUM_KEY, readSafetensors, type Tensor, type TensorFile, writeSafetensors } from '../files/safetensors.js';
import type { TrainingStart } from '../phases/start.js';
import type { EpochRecord } from './fit.js';

/** Later versions of the package read it; what they cannot go on from they refuse with a sentence. */
const FORMAT = 'eqprop-checkpoint-1';

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
  readonly examples: number;
  readonly batchSize: number;
  readonly estimator: string;
  readonly shuffle: boolean;
  readonly start: TrainingStart;
  readonly momentum: number;
}

export interface Checkpoint {
  readonly position: Position;
  readonly setting: Setting;
  /** By name, row-major. */
  readonly parameters: ReadonlyMap<string, Floats>;
  /** Likewise, where there is momentum. */
  readonly velocity: ReadonlyMap<string, Floats> | undefined;
  /** Where there are persistent states. */
  readonly kept: Persistent | undefined;
}

const PARAMETER = 'parameters/';
const VELOCITY = 'velocity/';
const STATES = 'persistent/states';
const VISITED = 'persistent/visited';
/** JSON, as bytes, that also says which other tensors there are: tensors are what the checksum covers, not their names. */
const STATE = 'state';

/** @throws DataError if the file cannot be written */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { position, setting, parameters, velocity, kept } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const add = (name: string, data: Floats | Uint8Array, dtype: Tensor['dtype']) =>
    tensors.set(name, { dtype, shape: [data.length], data } as Tensor);
  const addFloats = (name: string, data: Floats) => add(name, data, data instanceof Float32Array ? 'F32' : 'F64');
  for (const [name, data] of parameters) addFloats(PARAMETER + name, data);
  for (const [name, data] of velocity ?? []) addFloats(VELOCITY + name, data);
  if (kept) {
    addFloats(STATES, kept.states);
    add(VISITED, kept.visited, 'U8');
  }
  const contents = contentsOf(tensors);
  add(STATE, new TextEncoder().encode(JSON.stringify({ position, setting, contents })), 'U8');
  await writeSafetensors(path, tensors, { format: FORMAT });
}

/** @throws DataError if the file cannot be read, is damaged or holds no checkpoint */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const bad = (why: string) => new DataError('ERR_DATA', `'${path}' holds no checkpoint of this package: ${why}`);
  if (metadata.get('format') !== FORMAT) throw bad(`its metadata does not say format '${FORMAT}'`);
  if (!metadata.has(CHECKSUM_KEY)) throw bad('it has no checksum');
  const state = tensors.get(STATE)?.data;
  if (!(state instanceof Uint8Array)) throw bad(`the tensor '${STATE}' is missing`);
  tensors.delete(STATE);
  const { position, setting, contents } = parseState(state, bad);
  if (JSON.stringify(contents) !== JSON.stringify(contentsOf(tensors)))
    throw bad('its tensors are not those it was written with');
  const velocity = floatsIn(tensors, VELOCITY);
  const [states, visited] = [tensors.get(STATES)?.data, tensors.get(VISITED)?.data];
  return {
    position,
    setting,
    parameters: floatsIn(tensors, PARAMETER),
    velocity: velocity.size > 0 ? velocity : undefined,
    kept: states instanceof Float32Array && visited instanceof Uint8Array ? { states, visited } : undefined,
  };
}

/** Names, dtypes and shapes, in the order of the names. */
function contentsOf(tensors: ReadonlyMap<string, Tensor>): string[] {
  return [...tensors].map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join()}`).sort();
}

function floatsIn(tensors: TensorFile['tensors'], prefix: string): Map<string, Floats> {
  const found = new Map<string, Floats>();
  for (const [name, { data }] of tensors) {
    if (!name.startsWith(prefix) || !(data instanceof Float32Array || data instanceof Float64Array)) continue;
    found.set(name.slice(prefix.length), data);
  }
  return found;
}

type State = Pick<Checkpoint, 'position' | 'setting'> & { readonly contents: readonly string[] };

/** The checksum has been compared: what stands here this package has written. */
function parseState(bytes: Uint8Array, bad: (why: string) => DataError): State {
  try {
    const state: State = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof state.position.epoch === 'number' && typeof state.setting.batchSize === 'number') return state;
  } catch {
    // Said below.
  }
  throw bad(`the tensor '${STATE}' does not say where the training stands`);
}
