import type { Dataset } from '../../data/dataset.js';
import { targetSizeOf } from '../../energy/problem.js';
import type { LoadedData, Persistent } from '../engine.js';
import type { Network, States } from './network.js';

/** A data set as the javascript engine reads it, with the persistent states of its examples. Copied: the user's arrays
 * may change while a job reads. */
export class LoadedDataset implements LoadedData {
  readonly count: number;
  readonly #network: Network;
  readonly #width: number;
  readonly #targetSize: number;
  readonly #inputs: Uint8Array | Float32Array;
  readonly #scale: number;
  readonly #labels: Uint32Array | undefined;
  readonly #targets: Float32Array | undefined;
  readonly #weights: Float32Array | undefined;
  /** By example: the free equilibrium of the last visit, by layer. */
  readonly #persistent = new Map<number, Float32Array[]>();

  constructor(data: Dataset, network: Network) {
    this.#network = network;
    this.count = data.count;
    this.#width = network.layers[network.input].size;
    this.#targetSize = targetSizeOf(network.problem.cost);
    this.#inputs = data.inputs.slice();
    this.#scale = data.scale;
    this.#labels = data.labels?.slice();
    this.#targets = data.targets?.slice();
    this.#weights = data.weights?.slice();
  }

  /** [examples, units of the input layer] */
  inputs(examples: Uint32Array): Float64Array {
    const width = this.#width;
    const inputs = new Float64Array(examples.length * width);
    examples.forEach((example, e) => {
      for (let i = 0; i < width; i++) inputs[e * width + i] = this.#inputs[example * width + i] * this.#scale;
    });
    return inputs;
  }

  /** [examples, units of the output layer]: 1 at the label, or what the set says. */
  targets(examples: Uint32Array): Float64Array {
    const size = this.#targetSize;
    const targets = new Float64Array(examples.length * size);
    examples.forEach((example, e) => {
      if (this.#labels) targets[e * size + this.#labels[example]] = 1;
      else if (this.#targets) targets.set(this.#targets.subarray(example * size, (example + 1) * size), e * size);
    });
    return targets;
  }

  /** By example, what its cost is multiplied by. */
  weights(examples: Uint32Array): Float64Array {
    return Float64Array.from(examples, (example) => this.#weights?.[example] ?? 1);
  }

  /** How many examples have their highest output elsewhere than at their label. */
  wrong(examples: Uint32Array, outputs: Float64Array): number {
    if (!this.#labels) return 0;
    const size = this.#targetSize;
    let wrong = 0;
    examples.forEach((example, e) => {
      const row = outputs.subarray(e * size, (e + 1) * size);
      let highest = 0;
      for (let j = 1; j < size; j++) if (row[j] > row[highest]) highest = j;
      if (highest !== this.#labels?.[example]) wrong++;
    });
    return wrong;
  }

  /** Overwrites start states with what the examples' last visits left. */
  recall(examples: Uint32Array, start: States): void {
    examples.forEach((example, e) => {
      const kept = this.#persistent.get(example);
      this.#network.free.forEach((layer, k) => {
        if (kept) start[layer].set(kept[k], e * this.#network.layers[layer].size);
      });
    });
  }

  keep(examples: Uint32Array, states: States): void {
    examples.forEach((example, e) => {
      const kept = this.#network.free.map((layer) => {
        const { size } = this.#network.layers[layer];
        return Float32Array.from(states[layer].subarray(e * size, (e + 1) * size));
      });
      this.#persistent.set(example, kept);
    });
  }

  readPersistent(from: number, { states, visited }: Persistent): boolean {
    if (this.#persistent.size === 0) return false;
    states.fill(0);
    let at = 0;
    for (let e = 0; e < visited.length; e++) {
      const kept = this.#persistent.get(from + e);
      visited[e] = kept ? 1 : 0;
      for (const [k, layer] of this.#network.free.entries()) {
        if (kept) states.set(kept[k], at);
        at += this.#network.layers[layer].size;
      }
    }
    return true;
  }

  writePersistent(from: number, { states, visited }: Persistent): void {
    let at = 0;
    visited.forEach((seen, e) => {
      const kept = this.#network.free.map((layer) => {
        const { size } = this.#network.layers[layer];
        at += size;
        return states.slice(at - size, at);
      });
      if (seen) this.#persistent.set(from + e, kept);
      else this.#persistent.delete(from + e);
    });
  }

  release(): void {
    this.#persistent.clear();
  }
}
