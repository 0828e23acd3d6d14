import { sizeOf } from '../../check.js';
import { type Activation, activations } from '../../energy/activation.js';
import { inwards, outwards } from '../../energy/colouring.js';
import type { Interaction } from '../../energy/interaction.js';
import type { Layer } from '../../energy/layer.js';
import { type ClampedProblem, parametersOf } from '../../energy/problem.js';
import { guardedCost, guardedInteraction } from './guard.js';

/** Values of a batch by layer, each row-major [batch, units]. */
export type States = Float64Array[];

/** An interaction with its layers and parameters at hand. */
export interface Part {
  readonly interaction: Interaction;
  /** Where its layers stand in the network's list. */
  readonly layers: readonly number[];
  readonly parameters: readonly Float64Array[];
  /** Where its parameters stand in the network's list. */
  readonly places: readonly number[];
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
  readonly clamped: readonly boolean[];
  readonly rho: readonly Activation[];
  /** Layers that settle. */
  readonly free: readonly number[];
  /** The same, from the clamped ones outwards, as a feed-forward pass and a free phase visit them. */
  readonly outwards: readonly number[];
  /** The same, from the output inwards, as a nudged phase visits them. */
  readonly inwards: readonly number[];
  readonly input: number;
  readonly output: number;
  /** By parameter, row-major. */
  readonly parameters: readonly Float64Array[];
  /** By parameter: what its values may not fall below. */
  readonly least: readonly number[];
  /** By parameter: λ of the ½λ‖θ‖² in the cost. */
  readonly decay: readonly number[];
  readonly parts: readonly Part[];
  /** By layer. */
  readonly forces: readonly (readonly Force[])[];
  readonly cost: ClampedProblem['cost'];
  /** The cost's own parameters, and where they stand in the network's list. */
  readonly costParameters: readonly Float64Array[];
  readonly costPlaces: readonly number[];

  constructor(readonly problem: ClampedProblem) {
    const { energy, cost, clamped, input, output } = problem;
    this.layers = [...energy.layers.values()];
    this.clamped = this.layers.map((layer) => clamped.has(layer));
    this.rho = this.layers.map((layer) => activations[layer.activation]);
    this.free = this.layers.flatMap((_, i) => (this.clamped[i] ? [] : [i]));
    this.outwards = outwards(energy, clamped).map((layer) => this.layers.indexOf(layer));
    this.inwards = inwards(energy, clamped, output).map((layer) => this.layers.indexOf(layer));
    this.input = this.layers.indexOf(input);
    this.output = this.layers.indexOf(output);
    const specs = [...parametersOf(problem)];
    this.parameters = specs.map(([, { shape }]) => new Float64Array(sizeOf(shape)));
    this.least = specs.map(([, { least }]) => least ?? -Infinity);
    this.decay = specs.map(([name]) => cost.decay?.[name] ?? 0);
    const placesOf = (own: readonly unknown[]) => own.map((spec) => specs.findIndex(([, other]) => other === spec));
    this.parts = [...energy.interactions].map(([name, interaction]) => {
      const places = placesOf(interaction.parameters);
      return {
        interaction: guardedInteraction(name, interaction),
        layers: interaction.layers.map((layer) => this.layers.indexOf(layer)),
        parameters: places.map((place) => this.parameters[place]),
        places,
      };
    });
    this.forces = this.layers.map((_, i) => this.parts.flatMap((part) => this.#forcesOn(i, part)));
    this.cost = guardedCost(cost);
    this.costPlaces = placesOf(cost.parameters ?? []);
    this.costParameters = this.costPlaces.map((place) => this.parameters[place]);
  }

  /** What an interaction reads of a batch. */
  valuesOf<T>(part: Part, states: readonly T[], activities: readonly T[]): T[] {
    const source = part.interaction.reads === 'state' ? states : activities;
    return part.layers.map((layer) => source[layer]);
  }

  /** ρ of states; the very same array where ρ(s) = s. */
  activitiesOf(states: States): States {
    return states.map((state, i) => (this.rho[i].identity ? state : state.map(this.rho[i].value)));
  }

  /** Whether clamped layers' drive makes up all of an interaction's force on its only free layer. */
  isConstant(part: Part): boolean {
    const free = part.layers.filter((layer) => !this.clamped[layer]);
    return free.length === 1 && part.interaction.linear === true && part.interaction.reads === 'activity';
  }

  /** Zeros for each parameter. */
  zeroGradients(): Float64Array[] {
    return this.parameters.map((p) => new Float64Array(p.length));
  }

  #forcesOn(layer: number, part: Part): Force[] {
    return part.layers.flatMap((other, position) =>
      other === layer ? [{ ...part, position, constant: this.isConstant(part) }] : [],
    );
  }
}
