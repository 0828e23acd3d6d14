import type { Langevin } from '../../phases/langevin.js';
import type { Random } from '../../random.js';
import { costOf, energyOf, makeScratch, type Scratch, totalGradient } from './forces.js';
import type { Network, States } from './network.js';
import type { End, RealPhase } from './real-phase.js';
import type { Pause, Watch, World } from './world.js';

/** A trajectory of the noisy gradient flow. Each example has noise of its own, whoever shares its batch. */
export async function langevin(
  network: Network,
  world: World,
  start: States,
  phase: RealPhase,
  pause: Pause,
  watch?: Watch,
): Promise<Pick<End, 'states' | 'residual' | 'iterations' | 'converged'>> {
  const dynamics = phase.dynamics as Langevin;
  const { batch } = world;
  const walk = new Walk(network, world, phase, dynamics);
  const noises = Array.from({ length: batch }, (_, e) => world.noise(e));
  let states = start;
  let residual = new Float64Array(batch);
  for (let step = 1; step <= dynamics.iterations; step++) {
    const next = walk.step(states, noises);
    residual = largestChanges(network, batch, states, next);
    states = next;
    watch?.(step, states);
    await pause();
  }
  const iterations = new Uint32Array(batch).fill(dynamics.iterations);
  return { states, residual, iterations, converged: new Uint8Array(batch) };
}

class Walk {
  readonly #moving: readonly number[];
  readonly #scratch: readonly Scratch[];

  constructor(
    readonly network: Network,
    readonly world: World,
    readonly phase: RealPhase,
    readonly dynamics: Langevin,
  ) {
    this.#moving = network.free.filter((layer) => phase.clamp === undefined || layer !== network.output);
    this.#scratch = network.layers.map(({ size }) => makeScratch(world.batch * size));
  }

  step(states: States, noises: readonly Random[]): States {
    const { stepSize, temperature, adjusted } = this.dynamics;
    const spread = Math.sqrt(2 * stepSize * temperature);
    const slopes = this.#slopes(states);
    const next = states.slice();
    for (const layer of this.#moving) next[layer] = states[layer].slice();
    for (let e = 0; e < this.world.batch; e++) {
      for (const layer of this.#moving) {
        const { size, range } = this.network.layers[layer];
        const held = this.world.held[layer];
        for (let j = e * size; j < (e + 1) * size; j++) {
          const noise = spread === 0 ? 0 : spread * noises[e].normal();
          if (held?.[j]) continue;
          const s = states[layer][j] - stepSize * slopes[layer][j] + noise;
          // An exact step that leaves the range is refused below; another one stays at the bound.
          next[layer][j] = adjusted ? s : Math.min(Math.max(s, range[0]), range[1]);
        }
      }
    }
    if (adjusted) this.#refuse(states, slopes, next, noises);
    return next;
  }

  /** Metropolis: takes an example's step back with the probability that keeps exp(−F/τ) as it is. */
  #refuse(states: States, slopes: States, next: States, noises: readonly Random[]): void {
    const { stepSize, temperature } = this.dynamics;
    const before = this.#totalEnergy(states);
    const after = this.#totalEnergy(next);
    const back = this.#slopes(next);
    for (let e = 0; e < this.world.batch; e++) {
      let log = (before[e] - after[e]) / temperature;
      let outside = false;
      for (const layer of this.#moving) {
        const { size, range } = this.network.layers[layer];
        const held = this.world.held[layer];
        for (let j = e * size; j < (e + 1) * size; j++) {
          if (held?.[j]) continue;
          const [s, t] = [states[layer][j], next[layer][j]];
          outside ||= t < range[0] || t > range[1];
          const forward = t - s + stepSize * slopes[layer][j];
          const backward = s - t + stepSize * back[layer][j];
          log += (forward * forward - backward * backward) / (4 * stepSize * temperature);
        }
      }
      const drawn = noises[e].uniform();
      if (!outside && Math.log(drawn) < log) continue;
      for (const layer of this.#moving) {
        const { size } = this.network.layers[layer];
        next[layer].set(states[layer].subarray(e * size, (e + 1) * size), e * size);
      }
    }
  }

  /** ∂F/∂s by layer; arrays that the next call does not touch. */
  #slopes(states: States): States {
    const activities = this.network.activitiesOf(states);
    return states.map((s, layer) => {
      if (!this.#moving.includes(layer)) return s;
      totalGradient(this.network, this.world, layer, states, activities, this.phase.beta, this.#scratch[layer]);
      return this.#scratch[layer].gradient.slice();
    });
  }

  #totalEnergy(states: States): Float64Array {
    const energy = energyOf(this.network, this.world, states, this.network.activitiesOf(states));
    if (this.phase.beta === 0) return energy;
    const cost = costOf(this.network, this.world, states[this.network.output]);
    return energy.map((value, e) => value + this.phase.beta * cost[e]);
  }
}

function largestChanges(network: Network, batch: number, from: States, to: States): Float64Array<ArrayBuffer> {
  const largest = new Float64Array(batch);
  for (const layer of network.free) {
    const { size } = network.layers[layer];
    for (let j = 0; j < batch * size; j++) {
      const change = Math.abs(to[layer][j] - from[layer][j]);
      const e = Math.floor(j / size);
      if (change > largest[e] || Number.isNaN(change)) largest[e] = change;
    }
  }
  return largest;
}
