/**
 * How matrix libraries see a network of one or two hidden layers best. Layer 2 is joined to all the others, and they to
 * nothing else: call it the hub and them, side by side, the rim. One iteration is then two products of full size with one
 * matrix, forth and back, in place of two for each pair of neighbours, of which those at an output of ten would be slivers.
 */

import { BETA, type Case, STEP_SIZE } from './cases.js';

/** Parameters as the model has them, row-major. */
export interface Layered {
  /** Of layer k to k + 1: [sizes[k], sizes[k + 1]]. */
  readonly weights: readonly Float32Array[];
  /** Of layer k + 1: [sizes[k + 1]]. */
  readonly biases: readonly Float32Array[];
}

/** The same parameters about the hub, row-major. */
export interface Packed {
  /** [sizes[0], sizes[1]] */
  readonly input: Float32Array;
  /** [rim, hub]; where the output is on the rim, its rows are its weights transposed. */
  readonly join: Float32Array;
  /** [rim] */
  readonly rimBias: Float32Array;
  /** [hub] */
  readonly hubBias: Float32Array;
}

export class Star {
  /** Units of the input and of the first hidden layer, with which the rim begins. */
  readonly inputs: number;
  readonly hidden: number;
  /** Units of the rim and of the hub. */
  readonly rim: number;
  readonly hub: number;
  /** Units of the output, with which the rim ends where it is not the hub. */
  readonly outputs: number;
  readonly isOutputHub: boolean;
  /** Learning rates: of the input's weights; of each row of the join and each bias of the rim, [rim]; of the hub's biases. */
  readonly inputRate: number;
  readonly joinRates: Float32Array;
  readonly rimRates: Float32Array;
  readonly hubRate: number;
  /** What a nudged unit keeps of its state in an iteration, before its drive is added: [rim] and [hub]. Unnudged, all keep
   * 1 − STEP_SIZE. */
  readonly rimKeeps: Float32Array;
  readonly hubKeeps: Float32Array;

  /** Throws a RangeError unless there are one or two hidden layers. */
  constructor({ sizes, rates }: Case) {
    if (sizes.length < 3 || sizes.length > 4) {
      throw new RangeError(`a star has one or two hidden layers, but the sizes are ${sizes.join('-')}`);
    }
    this.inputs = sizes[0];
    this.hidden = sizes[1];
    this.hub = sizes[2];
    this.isOutputHub = sizes.length === 3;
    this.outputs = sizes[sizes.length - 1];
    this.rim = this.hidden + (this.isOutputHub ? 0 : this.outputs);
    this.inputRate = rates[0];
    this.joinRates = this.#byRimLayer(rates[1], rates[2]);
    this.rimRates = this.#byRimLayer(rates[0], rates[2]);
    this.hubRate = rates[1];
    const keeps = 1 - STEP_SIZE;
    const nudgedKeeps = keeps - STEP_SIZE * BETA;
    this.rimKeeps = this.#byRimLayer(keeps, nudgedKeeps);
    this.hubKeeps = new Float32Array(this.hub).fill(this.isOutputHub ? nudgedKeeps : keeps);
  }

  #byRimLayer(hidden: number, output: number): Float32Array {
    return new Float32Array(this.rim).fill(hidden, 0, this.hidden).fill(output, this.hidden);
  }

  pack({ weights, biases }: Layered): Packed {
    const join = new Float32Array(this.rim * this.hub);
    join.set(weights[1]);
    if (!this.isOutputHub) join.set(transpose(weights[2], this.hub, this.outputs), weights[1].length);
    const rimBias = new Float32Array(this.rim);
    rimBias.set(biases[0]);
    if (!this.isOutputHub) rimBias.set(biases[2], this.hidden);
    return { input: weights[0], join, rimBias, hubBias: biases[1] };
  }

  unpack({ input, join, rimBias, hubBias }: Packed): Layered {
    const inner = this.hidden * this.hub;
    const weights = [input, join.slice(0, inner)];
    const biases = [rimBias.slice(0, this.hidden), hubBias];
    if (!this.isOutputHub) {
      weights.push(transpose(join.slice(inner), this.outputs, this.hub));
      biases.push(rimBias.slice(this.hidden));
    }
    return { weights, biases };
  }

  /** States by layer from those of rim [batch, rim] and hub [batch, hub]. */
  layers(rim: Float32Array, hub: Float32Array, batch: number): Float32Array[] {
    const hidden = columns(rim, batch, 0, this.hidden);
    return this.isOutputHub ? [hidden, hub] : [hidden, hub, columns(rim, batch, this.hidden, this.rim)];
  }

  /** What the nudge adds to the nudged group's drive: STEP_SIZE · β · targets, which are [batch, outputs], as [batch, hub]
   * or, with zeros for the hidden layer, [batch, rim]. */
  pull(targets: Float32Array, batch: number): Float32Array {
    const width = this.isOutputHub ? this.hub : this.rim;
    const pull = new Float32Array(batch * width);
    for (let e = 0; e < batch; e++) {
      for (let j = 0; j < this.outputs; j++) {
        pull[(e + 1) * width - this.outputs + j] = STEP_SIZE * BETA * targets[e * this.outputs + j];
      }
    }
    return pull;
  }
}

function transpose(matrix: Float32Array, rows: number, width: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * width + Math.floor(i / rows)]);
}

function columns(matrix: Float32Array, rows: number, from: number, to: number): Float32Array {
  const width = matrix.length / rows;
  const part = new Float32Array(rows * (to - from));
  for (let e = 0; e < rows; e++) part.set(matrix.subarray(e * width + from, e * width + to), e * (to - from));
  return part;
}
