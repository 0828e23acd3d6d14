/** What a training is in the midst of, as a file that a later process goes on from. docs/checkpoints.md has the format. */

import { describe, type Floats } from '../check.js';
import type { Persistent } from '../engine/engine.js';
import { DataError } from '../errors.js';
import { readSafetensors, type Tensor, type TensorFile, writeSafetensors } from '../files/safetensors.js';
import { CHECKSUM_KEY, unknownKey } from '../files/safetensors-checksums.js';
import { printable } from '../printable.js';
import { encodeState, type Position, parseState, type Setting, type State } from './checkpoint-state.js';
import { findNotFinite } from './finite.js';

/** Later versions of the package read it; what they cannot go on from they refuse with a sentence. */
const FORMAT = 'eqprop-checkpoint-1';

export interface Checkpoint {
  readonly position: Position;
  readonly setting: Setting;
  /** By name, row-major. */
  readonly parameters: ReadonlyMap<string, Floats>;
  /** Likewise, where there is momentum. */
  readonly velocity: ReadonlyMap<string, Floats> | undefined;
  /** The parameters of the best epoch so far, where they are kept and an epoch has ended. */
  readonly best: ReadonlyMap<string, Floats> | undefined;
  /** Where there are persistent states. */
  readonly kept: Persistent | undefined;
}

const PARAMETER = 'parameters/';
const VELOCITY = 'velocity/';
const BEST = 'best/';
const STATES = 'persistent/states';
const VISITED = 'persistent/visited';
/** JSON, as bytes: see `State`. */
const STATE = 'state';

/** @throws DataError if the file cannot be written */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { position, setting, parameters, velocity, best, kept } = checkpoint;
  const tensors = new Map<string, Tensor>();
  const add = (name: string, data: Floats | Uint8Array, dtype: Tensor['dtype']) =>
    tensors.set(name, { dtype, shape: [data.length], data } as Tensor);
  const addFloats = (name: string, data: Floats) => add(name, data, data instanceof Float32Array ? 'F32' : 'F64');
  for (const [name, data] of parameters) addFloats(PARAMETER + name, data);
  for (const [name, data] of velocity ?? []) addFloats(VELOCITY + name, data);
  for (const [name, data] of best ?? []) addFloats(BEST + name, data);
  if (kept) {
    addFloats(STATES, kept.states);
    add(VISITED, kept.visited, 'U8');
  }
  const state: State = { position, setting, contents: contentsOf(tensors) };
  add(STATE, stateFor(path, state), 'U8');
  await writeSafetensors(path, tensors, { format: FORMAT });
}

function stateFor(path: string, state: State): Uint8Array {
  try {
    return encodeState(state);
  } catch (cause) {
    throw new DataError('ERR_FILE', `cannot write '${path}': its ${(cause as Error).message}`, { cause });
  }
}

/** @throws DataError if the file cannot be read, is a symbolic link, is damaged or holds no checkpoint */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path, { symlinks: false });
  const bad = (why: string) =>
    new DataError('ERR_DATA', `'${path}' holds no checkpoint of this package: ${printable(why)}`);
  if (metadata.get('format') !== FORMAT) throw bad(`its metadata does not say format '${FORMAT}'`);
  if (!metadata.has(CHECKSUM_KEY)) throw bad('it has no checksum');
  const unknown = unknownKey(metadata, ['format']);
  if (unknown !== undefined) throw bad(`its metadata has the unknown key ${describe(unknown)}`);
  const state = tensors.get(STATE)?.data;
  if (!(state instanceof Uint8Array)) throw bad(`the tensor '${STATE}' is missing`);
  tensors.delete(STATE);
  try {
    return await checkpointOf(parseState(state), tensors);
  } catch (error) {
    throw bad((error as Error).message);
  }
}

/** @throws Error that says how state and tensors do not belong together */
async function checkpointOf(state: State, tensors: TensorFile['tensors']): Promise<Checkpoint> {
  const { position, setting, contents } = state;
  if (JSON.stringify(contents) !== JSON.stringify(contentsOf(tensors))) {
    throw new Error('its tensors are not those it was written with');
  }
  const wrong = await findNotFinite([...floatsIn(tensors, '')]);
  if (wrong) {
    throw new Error(
      `the tensor '${wrong.name}' must hold finite numbers, but ${wrong.value} stands at index ${wrong.index}`,
    );
  }
  const [parameters, velocity, best] = [PARAMETER, VELOCITY, BEST].map((prefix) => floatsIn(tensors, prefix));
  const kept = persistentIn(tensors, setting.examples);
  const isBegun = position.epoch > 1 || position.totals.examples > 0;
  const mustBe = (what: string, wanted: boolean, isThere: boolean) => {
    if (wanted !== isThere) throw new Error(`it has ${isThere ? '' : 'no '}${what}, against its own setting`);
  };
  mustBe('velocity', setting.momentum > 0, velocity.size > 0);
  mustBe('best parameters', setting.keepBest !== 'no' && position.epoch > 1, best.size > 0);
  mustBe('persistent states', setting.start === 'persistent' && isBegun, kept !== undefined && isBegun);
  return {
    position,
    setting,
    parameters,
    velocity: velocity.size > 0 ? velocity : undefined,
    best: best.size > 0 ? best : undefined,
    kept,
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

function persistentIn(tensors: TensorFile['tensors'], examples: number): Persistent | undefined {
  const [states, visited] = [tensors.get(STATES)?.data, tensors.get(VISITED)?.data];
  if (!states && !visited) return undefined;
  if (!(states instanceof Float32Array && visited instanceof Uint8Array))
    throw new Error('half of its persistent states is missing');
  if (visited.length !== examples || states.length % examples !== 0) {
    throw new Error(`its persistent states are not those of ${examples} examples`);
  }
  if (visited.some((seen) => seen > 1)) throw new Error('whether an example was visited must be 0 or 1');
  return { states, visited };
}
