/**
 * A training step of a layered network in plain JavaScript, written by hand for this one purpose: what a good programmer
 * would write without a library. The javascript engine, which carries any energy, is held against it.
 */

import { Random } from '../lib/random.js';
import { BETA, type Case, STEP_SIZE } from './cases.js';
import type { Layered } from './star.js';

export class HandWrittenLoops {
  readonly #sizes: readonly number[];
  readonly #case: Case;
  /** Of layer k to k + 1, row-major [sizes[k], sizes[k + 1]]. */
  readonly weights: Float64Array[];
  readonly biases: Float64Array[];

  constructor(benchCase: Case) {
    this.#case = benchCase;
    this.#sizes = benchCase.sizes;
    const random = new Random(1);
    this.weights = this.#sizes.slice(1).map((n, k) => {
      const bound = Math.sqrt(6 / (n + this.#sizes[k]));
      return Float64Array.from({ length: this.#sizes[k] * n }, () => bound * (2 * random.uniform() - 1));
    });
    this.biases = this.#sizes.slice(1).map((n) => new Float64Array(n));
  }

  load({ weights, biases }: Layered): void {
    for (const [k, data] of weights.entries()) this.weights[k].set(data);
    for (const [k, data] of biases.entries()) this.biases[k].set(data);
  }

  parameters(): Layered {
    const rounded = (arrays: readonly Float64Array[]) => arrays.map((data) => Float32Array.from(data));
    return { weights: rounded(this.weights), biases: rounded(this.biases) };
  }

  /** @param inputs [batch, sizes[0]] @param targets [batch, last size]
   * @returns the states of the free layers at the end of the free phase, [batch, size] each */
  step(inputs: Float64Array, targets: Float64Array, batch: number): Float64Array[] {
    const { free, nudged } = this.#case;
    const sizes = this.#sizes;
    const layers = sizes.length - 1;
    // The clamped drive and the biases, once a batch.
    const base = this.biases.map((bias) => {
      const rows = new Float64Array(batch * bias.length);
      for (let e = 0; e < batch; e++) rows.set(bias, e * bias.length);
      return rows;
    });
    product(inputs, this.weights[0], batch, sizes[0], sizes[1], base[0]);
    let states = base.map((rows) => new Float64Array(rows.length));
    let next = base.map((rows) => new Float64Array(rows.length));
    const settle = (iterations: number, beta: number) => {
      for (let t = 0; t < iterations; t++) {
        for (let k = 0; k < layers; k++) {
          const x = next[k];
          x.set(base[k]);
          if (k > 0) product(states[k - 1], this.weights[k], batch, sizes[k], sizes[k + 1], x);
          if (k < layers - 1) transposed(states[k + 1], this.weights[k + 1], batch, sizes[k + 1], sizes[k + 2], x);
          const s = states[k];
          const pull = k === layers - 1 ? beta : 0;
          for (let j = 0; j < x.length; j++) {
            const force = pull === 0 ? 0 : pull * (targets[j] - s[j]);
            const moved = s[j] + STEP_SIZE * (x[j] - s[j] + force);
            x[j] = Math.max(0, Math.min(1, moved));
          }
        }
        [states, next] = [next, states];
      }
    };
    settle(free, 0);
    const freeStates = states.map((s) => s.slice());
    settle(nudged, BETA);
    for (let k = 0; k < layers; k++) {
      const scale = this.#case.rates[k] / batch;
      const change = states[k].map((s, j) => s - freeStates[k][j]);
      // The input is the same in both phases: one outer product serves it.
      if (k === 0) outer(inputs, change, batch, sizes[0], sizes[1], scale, this.weights[0]);
      else {
        outer(states[k - 1], states[k], batch, sizes[k], sizes[k + 1], scale, this.weights[k]);
        outer(freeStates[k - 1], freeStates[k], batch, sizes[k], sizes[k + 1], -scale, this.weights[k]);
      }
      for (let j = 0; j < change.length; j++) this.biases[k][j % sizes[k + 1]] += scale * change[j];
    }
    return freeStates;
  }
}

/** out[e, j] += Σ_i a[e, i] w[i, j]. Two rows of w serve all examples while they are in the first-level cache; those
 * that meet the zeros of an image's margin or of a clipped state are left out. */
function product(a: Float64Array, w: Float64Array, batch: number, m: number, n: number, out: Float64Array): void {
  let i = 0;
  for (; i + 1 < m; i += 2) {
    for (let e = 0; e < batch; e++) {
      const x = a[e * m + i];
      const y = a[e * m + i + 1];
      if (x === 0 && y === 0) continue;
      for (let j = 0; j < n; j++) out[e * n + j] += x * w[i * n + j] + y * w[(i + 1) * n + j];
    }
  }
  for (; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      const x = a[e * m + i];
      for (let j = 0; j < n; j++) out[e * n + j] += x * w[i * n + j];
    }
  }
}

/** out[e, i] += Σ_j w[i, j] b[e, j]. Two sums at a time, as one would wait for its own last addition. */
function transposed(b: Float64Array, w: Float64Array, batch: number, m: number, n: number, out: Float64Array): void {
  for (let i = 0; i < m; i++) {
    for (let e = 0; e < batch; e++) {
      let even = 0;
      let odd = 0;
      let j = 0;
      for (; j + 1 < n; j += 2) {
        even += w[i * n + j] * b[e * n + j];
        odd += w[i * n + j + 1] * b[e * n + j + 1];
      }
      if (j < n) even += w[i * n + j] * b[e * n + j];
      out[e * m + i] += even + odd;
    }
  }
}

/** out[i, j] += scale · Σ_e a[e, i] b[e, j]. Two examples at a time, one row of out for all of them. */
function outer(
  a: Float64Array,
  b: Float64Array,
  batch: number,
  m: number,
  n: number,
  scale: number,
  out: Float64Array,
): void {
  for (let i = 0; i < m; i++) {
    let e = 0;
    for (; e + 1 < batch; e += 2) {
      const x = scale * a[e * m + i];
      const y = scale * a[(e + 1) * m + i];
      if (x === 0 && y === 0) continue;
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[e * n + j] + y * b[(e + 1) * n + j];
    }
    if (e < batch) {
      const x = scale * a[e * m + i];
      for (let j = 0; j < n; j++) out[i * n + j] += x * b[e * n + j];
    }
  }
}
