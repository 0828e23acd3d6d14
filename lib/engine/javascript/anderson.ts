import type { Network, States } from './network.js';
import type { Visit } from './rates.js';

/** What one example remembers: where the plain iteration started and where it led, newest last. */
interface History {
  from: Float64Array[];
  to: Float64Array[];
  smallest: number;
}

/** Where a residual exceeds the smallest one so far this many times, a combination has led astray. */
const ASTRAY = 10;
/** Of the largest diagonal element: what keeps a system of nearly parallel differences solvable. */
const REGULARISATION = 1e-12;

/** Anderson's combination of an example's last iterations s → G(s): the one whose residuals G(s) − s cancel best. */
export class AndersonMixer {
  readonly #network: Network;
  readonly #layers: readonly number[];
  readonly #memory: number;
  readonly #histories: History[];

  constructor(network: Network, visits: readonly Visit[], batch: number, memory: number) {
    this.#network = network;
    this.#layers = visits.map(({ layer }) => layer);
    this.#memory = memory;
    this.#histories = Array.from({ length: batch }, () => ({ from: [], to: [], smallest: Infinity }));
  }

  /** Replaces an example's G(s) in `next`, to which the plain iteration led from `states`, by the combination. */
  mix(example: number, states: States, next: States, held: readonly (Uint8Array | undefined)[]): void {
    const history = this.#histories[example];
    const from = this.#gather(example, states);
    const to = this.#gather(example, next);
    const residual = norm(difference(to, from));
    if (residual > ASTRAY * history.smallest) {
      history.from = [];
      history.to = [];
      history.smallest = residual;
    }
    history.smallest = Math.min(history.smallest, residual);
    history.from.push(from);
    history.to.push(to);
    if (history.from.length > this.#memory + 1) {
      history.from.shift();
      history.to.shift();
    }
    if (history.from.length > 1) this.#scatter(example, combine(history), next, held);
  }

  #gather(example: number, states: States): Float64Array {
    const rows = this.#layers.map((layer) => {
      const { size } = this.#network.layers[layer];
      return states[layer].subarray(example * size, (example + 1) * size);
    });
    const all = new Float64Array(rows.reduce((total, row) => total + row.length, 0));
    let at = 0;
    for (const row of rows) {
      all.set(row, at);
      at += row.length;
    }
    return all;
  }

  #scatter(example: number, values: Float64Array, next: States, held: readonly (Uint8Array | undefined)[]): void {
    let at = 0;
    for (const layer of this.#layers) {
      const { size, range } = this.#network.layers[layer];
      for (let j = example * size; j < (example + 1) * size; j++) {
        const value = Math.min(Math.max(values[at++], range[0]), range[1]);
        if (!held[layer]?.[j]) next[layer][j] = value;
      }
    }
  }
}

/** G(s) − Σ γ ΔG, where γ makes the residual − Σ γ Δresidual smallest. */
function combine({ from, to }: History): Float64Array {
  const residuals = to.map((g, i) => difference(g, from[i]));
  const last = residuals[residuals.length - 1];
  const changes = residuals.slice(1).map((r, i) => difference(r, residuals[i]));
  const gamma = leastSquares(changes, last);
  const mixed = to[to.length - 1].slice();
  gamma.forEach((g, i) => {
    for (let k = 0; k < mixed.length; k++) mixed[k] -= g * (to[i + 1][k] - to[i][k]);
  });
  return mixed;
}

/** The γ for which ‖b − Σ γ_i a_i‖ is smallest, by the normal equations and Gaussian elimination. */
function leastSquares(a: readonly Float64Array[], b: Float64Array): number[] {
  const n = a.length;
  const rows = a.map((ai) => [...a.map((aj) => dot(ai, aj)), dot(ai, b)]);
  const largest = Math.max(...rows.map((row, i) => row[i]));
  if (!(largest > 0)) return a.map(() => 0);
  rows.forEach((row, i) => {
    row[i] += REGULARISATION * largest;
  });
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j <= n; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  const gamma = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i][n];
    for (let j = i + 1; j < n; j++) sum -= rows[i][j] * gamma[j];
    gamma[i] = sum / rows[i][i];
  }
  return gamma.every(Number.isFinite) ? gamma : gamma.map(() => 0);
}

const difference = (a: Float64Array, b: Float64Array) => a.map((x, i) => x - b[i]);

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

const norm = (a: Float64Array) => Math.sqrt(dot(a, a));
