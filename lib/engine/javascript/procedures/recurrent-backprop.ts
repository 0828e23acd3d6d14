import type { RecurrentBackpropProcedure } from '../../../phases/procedure.js';
import { addNudge } from '../forces.js';
import type { Network, States } from '../network.js';
import { Tangent } from '../second.js';
import { settle } from '../settle.js';
import type { World } from '../world.js';
import type { Outcome, Run } from './run.js';

/** Solves for the costate at the free equilibrium, and reads the gradient off it. */
export async function recurrentBackprop(
  { network, world, start, pause }: Run,
  { free, tolerance, iterations }: RecurrentBackpropProcedure,
): Promise<Outcome> {
  const end = await settle(network, world, start, { beta: 0, dynamics: free }, pause);
  const tangent = new Tangent(network, world, end.states);
  const pull = end.states.map((s) => new Float64Array(s.length));
  addNudge(network, world, end.states[network.output], -1, pull[network.output]);
  const system = new System(network, world, end.states);
  const { x: costate, ...solved } = await system.solve((v) => tangent.hessian(v), pull, tolerance, iterations, pause);
  const gradients = network.zeroGradients();
  tangent.addMixed(costate, 1 / world.batch, gradients);
  return { free: end, gradients, ends: [end, solved] };
}

/** Conjugate gradients on the units that can move, each example by itself. */
class System {
  /** By layer: 1 where a unit can move, 0 where it is clamped, held or at a bound. */
  readonly #mobile: readonly Uint8Array[];

  constructor(
    readonly network: Network,
    readonly world: World,
    states: States,
  ) {
    this.#mobile = states.map((state, layer) => mobileUnits(network, world, layer, state));
  }

  /** x with A x = b on the mobile units, 0 elsewhere, and by example the residual relative to b. An example stops at its own
   * tolerance, or unsolved where A does not curve up, which is no minimum. */
  async solve(
    product: (v: States) => States,
    b: States,
    tolerance: number,
    iterations: number,
    pause: () => Promise<void>,
  ): Promise<{ x: States; residual: Float64Array; converged: Uint8Array }> {
    const x = b.map((v) => new Float64Array(v.length));
    const residual = this.#masked(b);
    const direction = residual.map((r) => r.slice());
    let square = this.#dot(residual, residual);
    const first = square;
    const goal = square.map((s) => s * tolerance * tolerance);
    const done = Uint8Array.from(square, (s) => (s === 0 ? 1 : 0));
    for (let step = 0; step < iterations && done.includes(0); step++) {
      const image = this.#masked(product(direction));
      const curvature = this.#dot(direction, image);
      const length = square.map((s, e) => {
        if (!done[e] && !(curvature[e] > 0)) done[e] = 1;
        return done[e] ? 0 : s / curvature[e];
      });
      this.#add(x, direction, length);
      this.#add(
        residual,
        image,
        length.map((l) => -l),
      );
      const next = this.#dot(residual, residual);
      next.forEach((s, e) => {
        if (s <= goal[e]) done[e] = 1;
      });
      const turn = next.map((s, e) => (done[e] ? 0 : s / square[e]));
      for (const layer of this.network.free) {
        this.#eachRow(layer, (e, j) => {
          direction[layer][j] = residual[layer][j] + turn[e] * direction[layer][j];
        });
      }
      square = next;
      await pause();
    }
    return {
      x,
      residual: square.map((s, e) => (first[e] === 0 ? 0 : Math.sqrt(s / first[e]))),
      converged: Uint8Array.from(square, (s, e) => (s <= goal[e] ? 1 : 0)),
    };
  }

  #masked(v: States): States {
    return v.map((values, layer) => values.map((value, j) => (this.#mobile[layer][j] ? value : 0)));
  }

  #dot(a: States, b: States): Float64Array {
    const sums = new Float64Array(this.world.batch);
    for (const layer of this.network.free) {
      this.#eachRow(layer, (e, j) => {
        sums[e] += a[layer][j] * b[layer][j];
      });
    }
    return sums;
  }

  /** v += by[e] · w */
  #add(v: States, w: States, by: Float64Array): void {
    for (const layer of this.network.free) {
      this.#eachRow(layer, (e, j) => {
        v[layer][j] += by[e] * w[layer][j];
      });
    }
  }

  #eachRow(layer: number, visit: (example: number, at: number) => void): void {
    const { size } = this.network.layers[layer];
    for (let e = 0; e < this.world.batch; e++) for (let j = e * size; j < (e + 1) * size; j++) visit(e, j);
  }
}

/** A unit at a bound of its range is pressed on it, or rests there by chance, which has no probability. */
export function mobileUnits(network: Network, world: World, layer: number, state: Float64Array): Uint8Array {
  const [low, high] = network.layers[layer].range;
  const held = world.held[layer];
  const mobile = (s: number, j: number) => !network.clamped[layer] && !held?.[j] && s > low && s < high;
  return Uint8Array.from(state, (s, j) => (mobile(s, j) ? 1 : 0));
}
