import { sizeOf } from '../../check.js';
import { type Activation, activations } from '../../energy/activation.js';
import { colouring } from '../../energy/colouring.js';
import type { Interaction } from '../../energy/interaction.js';
import type { Layer } from '../../energy/layer.js';
import type { Problem } from '../engine.js';

/** Values of a batch by layer, each row-major [batch, units]. */
export type States = Float64Array[];

/** An interaction with its layers and parameters at hand. */
export interface Part {
  readonly interaction: Interaction;
  /** Where its layers stand in the network's list. */
  readonly layers: readonly number[];
  readonly parameters: readonly Float64Array[];
}

/** How an interaction acts on one layer. */
export interface Force extends Part {
  /** The layer's place in the interaction's list. */
  readonly position: number;
  /** Whether it stays the same through all phases of a batch. */
  readonly constant: boolean;
}

/** A problem laid out by index: what the javascript engine walks along. */
export class Network {
  readonly layers: readonly Layer[];
  readonly rho: readonly Activation[];
  /** Layers that settle. */
  readonly free: readonly number[];
  /** The same, colour after colour, as a free phase's coordinate descent visits them. */
  readonly order: readonly number[];
  readonly input: number;
  readonly output: number;
  /** By parameter, row-major. */
  readonly parameters: readonly Float64Array[];
  readonly parts: readonly Part[];
  /** By layer. */
  readonly forces: readonly (readonly Force[])[];

  constructor(readonly problem: Problem) {
    this.layers = [...problem.energy.layers.values()];
    this.rho = this.layers.map((layer) => activations[layer.activation]);
    this.free = this.layers.flatMap((layer, i) => (layer.clamped ? [] : [i]));
    this.order = colouring(problem.energy).flatMap((group) => group.map((layer) => this.layers.indexOf(layer)));
    this.input = this.layers.indexOf(problem.input);
    this.output = this.layers.indexOf(problem.output);
    const all = [...problem.energy.parameters.values()];
    this.parameters = all.map(({ spec }) => new Float64Array(sizeOf(spec.shape)));
    this.parts = [...problem.energy.interactions.values()].map((interaction) => ({
      interaction,
      layers: interaction.layers.map((layer) => this.layers.indexOf(layer)),
      parameters: this.parameters.filter((_, i) => all[i].interaction === interaction),
    }));
    this.forces = this.layers.map((_, i) => this.parts.flatMap((part) => this.#forcesOn(i, part)));
  }

  /** What an interaction reads of a batch. */
  valuesOf(part: Part, states: States, activities: States): Float64Array[] {
    const source = part.interaction.reads === 'state' ? states : activities;
    return part.layers.map((layer) => source[layer]);
  }

  /** ρ of states; the very same array where ρ(s) = s. */
  activitiesOf(states: States): States {
    return states.map((state, i) => (this.rho[i].identity ? state : state.map(this.rho[i].value)));
  }

  /** Whether a clamped layer's drive makes up all of an interaction's force on its only free layer. */
  isConstant(part: Part): boolean {
    const free = part.layers.filter((layer) => !this.layers[layer].clamped);
    return free.length === 1 && part.interaction.linear === true && part.interaction.reads === 'activity';
  }

  #forcesOn(layer: number, part: Part): Force[] {
    return part.layers.flatMap((other, position) =>
      other === layer ? [{ ...part, position, constant: this.isConstant(part) }] : [],
    );
  }
}
