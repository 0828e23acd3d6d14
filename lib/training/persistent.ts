/** Persistent states to and from an engine. Those of all examples are large, so they are copied a few examples at a time. */

import type { LoadedData, Persistent } from '../engine/engine.js';
import { withRoom } from '../engine/room.js';
import { PIECE_BYTES, pieces } from '../pieces.js';

/**
 * Undefined where none are kept. Nothing may train on the data meanwhile.
 * @throws EngineError `ERR_MEMORY` if there is no room for a copy
 */
export function readPersistent(data: LoadedData, examples: number, freeUnits: number): Promise<Persistent | undefined> {
  return withRoom(async () => {
    const none = { states: new Float32Array(0), visited: new Uint8Array(0) };
    if (!data.readPersistent(0, none)) return undefined;
    const all = { states: new Float32Array(examples * freeUnits), visited: new Uint8Array(examples) };
    for await (const [from, part] of partsOf(all, freeUnits)) data.readPersistent(from, part);
    return all;
  });
}

/** Likewise. */
export async function writePersistent(data: LoadedData, all: Persistent, freeUnits: number): Promise<void> {
  for await (const [from, part] of partsOf(all, freeUnits)) data.writePersistent(from, part);
}

/** Views of a few examples each, with the number of the first. */
async function* partsOf({ states, visited }: Persistent, freeUnits: number): AsyncGenerator<[number, Persistent]> {
  const examples = Math.ceil(PIECE_BYTES / Float32Array.BYTES_PER_ELEMENT / freeUnits);
  for await (const { from, to } of pieces([visited.length], examples)) {
    const part = { states: states.subarray(from * freeUnits, to * freeUnits), visited: visited.subarray(from, to) };
    yield [from, part];
  }
}
