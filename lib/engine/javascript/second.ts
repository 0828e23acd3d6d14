/** Second derivatives of the energy, along directions: what references need and equilibrium propagation does without. */

import { type ComplexArray, complexZeros } from '../../energy/complex.js';
import type { Force, Network, Part, States } from './network.js';
import { addForce, type World } from './world.js';

/** The size of a complex step: its square vanishes beside 1, and nothing is subtracted. */
const COMPLEX_STEP = 1e-20;
/** The size of a real step, for a user's energy that has no complex derivatives: errors of rounding and of truncation are alike. */
const REAL_STEP = 1e-5;

/** A place on the energy, and what does not change while directions from it are asked for. */
export class Tangent {
  readonly #activities: States;
  /** By free layer: ∂E/∂ρ. */
  readonly #onActivity = new Map<number, Float64Array>();

  constructor(
    readonly network: Network,
    readonly world: World,
    readonly states: States,
  ) {
    this.#activities = network.activitiesOf(states);
    for (const layer of network.free) {
      if (network.rho[layer].identity) continue;
      const gradient = world.constant[layer].slice();
      for (const force of network.forces[layer]) {
        if (force.constant || force.interaction.reads === 'state') continue;
        addForce(network, force, states, this.#activities, world.batch, gradient);
      }
      this.#onActivity.set(layer, gradient);
    }
  }

  /** ∂²E/∂s² · direction, by layer; 0 for clamped layers, whose directions count as 0, too. */
  hessian(direction: States): States {
    const { network, world, states } = this;
    const moves = this.#moves(direction);
    return states.map((state, layer) => {
      const out = new Float64Array(state.length);
      if (network.clamped[layer]) return out;
      const onActivity = new Float64Array(state.length);
      for (const force of network.forces[layer]) {
        if (force.constant) continue;
        const { interaction } = force;
        const change = alongState(force, this.#valuesOf(force), valuesOf(force, direction, moves), world.batch);
        const into = interaction.reads === 'state' ? out : onActivity;
        for (let j = 0; j < into.length; j++) into[j] += change[j];
      }
      const { identity, slope, curve } = network.rho[layer];
      const outer = this.#onActivity.get(layer);
      for (let j = 0; j < out.length; j++) {
        out[j] += identity ? onActivity[j] : slope(state[j]) * onActivity[j];
        if (outer) out[j] += curve(state[j]) * direction[layer][j] * outer[j];
      }
      return out;
    });
  }

  /**
   * gradients += scale · Σ over the batch of directionᵀ ∂²E/∂s∂θ, by parameter. Where a force comes from no energy, each
   * parameter counts in the one force that it enters.
   */
  addMixed(direction: States, scale: number, gradients: readonly Float64Array[]): void {
    const moves = this.#moves(direction);
    for (const part of this.network.parts) {
      const change = valuesOf(part, direction, moves);
      part.places.forEach((place, k) => {
        const position = part.interaction.entersForceOn?.[k];
        const along =
          position === undefined ? change : change.map((c, i) => (i === position ? c : new Float64Array(c.length)));
        addAlongParameter(part, k, this.#valuesOf(part), along, this.world.batch, scale, gradients[place]);
      });
    }
  }

  #valuesOf(part: Part): Float64Array[] {
    return this.network.valuesOf(part, this.states, this.#activities);
  }

  /** How activities change with states: ρ′ · direction, and 0 for clamped layers. */
  #moves(direction: States): States {
    return direction.map((d, layer) => {
      if (this.network.clamped[layer]) return new Float64Array(this.states[layer].length);
      const { identity, slope } = this.network.rho[layer];
      return identity ? d : d.map((x, j) => slope(this.states[layer][j]) * x);
    });
  }
}

/**
 * gradients += scale · Σ over the batch of how ∂E/∂θ changes on the straight way from one state to another, in the space of
 * what interactions read, by the midpoint rule.
 */
export function addAlongPath(
  network: Network,
  batch: number,
  from: Reading,
  to: Reading,
  scale: number,
  gradients: readonly Float64Array[],
): void {
  for (const part of network.parts) {
    const before = network.valuesOf(part, from.states, from.activities);
    const after = network.valuesOf(part, to.states, to.activities);
    const middle = before.map((b, i) => b.map((x, j) => 0.5 * (x + after[i][j])));
    const change = after.map((a, i) => minus(a, before[i]));
    part.places.forEach((place, k) => {
      addAlongParameter(part, k, middle, change, batch, scale, gradients[place]);
    });
  }
}

interface Reading {
  readonly states: States;
  readonly activities: States;
}

function valuesOf(part: Part, direction: States, moves: States): Float64Array[] {
  return part.layers.map((layer) => (part.interaction.reads === 'state' ? direction[layer] : moves[layer]));
}

/** How a force changes along a direction of values. */
function alongState(
  { interaction, position, parameters }: Force,
  values: readonly Float64Array[],
  along: readonly Float64Array[],
  batch: number,
): Float64Array {
  const length = values[position].length;
  const at = (v: readonly Float64Array[]) => {
    const gradient = new Float64Array(length);
    interaction.stateGradient(position, v, parameters, batch, gradient);
    return gradient;
  };
  if (interaction.quadratic) return minus(at(along), at(along.map((a) => new Float64Array(a.length))));
  if (interaction.complex) {
    const gradient = complexZeros(length);
    interaction.complex.stateGradient(position, imaginaryStep(values, along), parameters, batch, gradient);
    return gradient.im.map((x) => x / COMPLEX_STEP);
  }
  const step = realStep(along);
  return minus(at(moved(values, along, step)), at(moved(values, along, -step))).map((x) => x / (2 * step));
}

/** gradient += scale · how ∂E/∂θ changes along a direction of values. */
function addAlongParameter(
  { interaction, parameters }: Part,
  k: number,
  values: readonly Float64Array[],
  along: readonly Float64Array[],
  batch: number,
  scale: number,
  gradient: Float64Array,
): void {
  if (interaction.complex && !interaction.quadratic) {
    const both = complexZeros(gradient.length);
    const step = imaginaryStep(values, along);
    interaction.complex.parameterGradient(k, step, parameters, batch, [scale / COMPLEX_STEP, 0], both);
    for (let i = 0; i < gradient.length; i++) gradient[i] += both.im[i];
    return;
  }
  // Exact for a quadratic form, whatever the step.
  const step = interaction.quadratic ? 1 : realStep(along);
  const half = scale / (2 * step);
  interaction.parameterGradient(k, moved(values, along, step), parameters, batch, half, gradient);
  interaction.parameterGradient(k, moved(values, along, -step), parameters, batch, -half, gradient);
}

/** So that the largest number moves by REAL_STEP, however large the direction is. */
function realStep(along: readonly Float64Array[]): number {
  const largest = along.reduce((most, a) => a.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  return largest > 0 ? REAL_STEP / largest : REAL_STEP;
}

const minus = (a: Float64Array, b: Float64Array) => a.map((x, j) => x - b[j]);

const moved = (values: readonly Float64Array[], along: readonly Float64Array[], step: number) =>
  values.map((value, i) => value.map((x, j) => x + step * along[i][j]));

const imaginaryStep = (values: readonly Float64Array[], along: readonly Float64Array[]): ComplexArray[] =>
  values.map((re, i) => ({ re, im: along[i].map((x) => COMPLEX_STEP * x) }));
