import { checkBoolean, checkFunction, checkInstance, checkNumber, checkString, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { isMade, markMade, ownList } from '../own.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import { Layer } from './layer.js';
import { checkParameters } from './parameters.js';
import { snapshotInteraction } from './snapshot.js';

/** A parameter of an energy, and which interaction it belongs to: of several that share it, the first. */
export interface EnergyParameter {
  /** `interaction.parameter`, such as `dense1.weight`. */
  readonly name: string;
  /** Its shape, its bound and how it is drawn. */
  readonly spec: ParameterSpec;
  /** Whose it is. */
  readonly interaction: Interaction;
}

/** A sum of interactions; made by {@link sum}. Immutable, and without values: those are a model's. */
export class Energy {
  /** By name, in the order in which the interactions mention them. */
  readonly layers: ReadonlyMap<string, Layer>;
  /** By name, in the order given. */
  readonly interactions: ReadonlyMap<string, Interaction>;
  /** By name, in the order of the interactions. */
  readonly parameters: ReadonlyMap<string, EnergyParameter>;

  constructor(given: readonly Interaction[]) {
    const list = checkInteractions(given);
    const interactions = list.map(checkInteraction);
    const again = list.findIndex((interaction, i) => list.indexOf(interaction) < i);
    if (again >= 0) {
      throw new ArgumentError(
        `interaction ${again + 1} must be another than those before it, but one object was given twice`,
      );
    }
    this.layers = nameAll('layer', [...new Set(interactions.flatMap((i) => i.layers))], () => 'layer');
    this.interactions = nameAll('interaction', interactions, (i) => i.kind);
    const parameters = new Map<string, EnergyParameter>();
    const seen = new Set<ParameterSpec>();
    for (const [owner, interaction] of this.interactions) {
      for (const spec of interaction.parameters) {
        if (seen.has(spec)) continue;
        seen.add(spec);
        const name = `${owner}.${spec.name}`;
        if (parameters.has(name)) {
          throw new ArgumentError(`two parameters of an energy have the name '${name}'`, 'ERR_NAME');
        }
        parameters.set(name, { name, spec, interaction });
      }
    }
    this.parameters = frozen(parameters);
    markMade(Object.freeze(this));
  }

  /** The name of a layer of this energy. */
  nameOf(layer: Layer): string {
    checkInstance('the energy whose nameOf is called', this, Energy, 'an energy, made by sum(…)');
    for (const [name, other] of this.layers) if (other === layer) return name;
    throw new ArgumentError('the energy has no interaction that touches this layer', 'ERR_NAME');
  }
}

/**
 * The energy that is the sum of interactions. Layers and interactions without a name are given one: `layer1`, …, and
 * the kind with a number, `dense1`, `dense2`, ….
 * @throws ArgumentError for two interactions, layers or parameters with one name, or for what is no interaction
 */
export function sum(...interactions: Interaction[]): Energy {
  return new Energy(interactions);
}

function checkInteractions(given: unknown): readonly Interaction[] {
  // A copy of the list alone, as users' interactions are objects of their own.
  const list = ownList('sum interactions', given);
  if (list && list.length > 0) return list as Interaction[];
  throw new ArgumentError('sum must be given one or more interactions');
}

function checkInteraction(given: Interaction, i: number): Interaction {
  const interaction = snapshotInteraction(`interaction ${i + 1}`, given);
  const has = (key: string) => typeof (interaction as unknown as Record<string, unknown>)?.[key] === 'function';
  if (typeof interaction !== 'object' || !['energy', 'stateGradient', 'parameterGradient'].every(has)) {
    throw new ArgumentError(
      `interaction ${i + 1} must be an object with energy, stateGradient and parameterGradient, but ${describe(given)} was given`,
    );
  }
  const { kind, layers, parameters, reads } = interaction;
  const sound =
    typeof kind === 'string' &&
    Array.isArray(layers) &&
    layers.length > 0 &&
    layers.every((l) => isMade(l) && l instanceof Layer) &&
    Array.isArray(parameters) &&
    (reads === 'state' || reads === 'activity');
  if (!sound) {
    throw new ArgumentError(
      `interaction ${i + 1} must have a kind, one or more layers, a list of parameters, and read 'state' or 'activity'`,
    );
  }
  checkParameters(`interaction ${i + 1}`, parameters);
  checkKnown(`interaction ${i + 1}`, interaction);
  return interaction;
}

/** What an interaction says of itself beyond what it must, in the types that the contract names. */
function checkKnown(what: string, { name, linear, quadratic, curvature, response, coupling }: Interaction): void {
  if (name !== undefined) checkString(`${what} name`, name);
  if (linear !== undefined) checkBoolean(`${what} linear`, linear);
  if (quadratic !== undefined) checkBoolean(`${what} quadratic`, quadratic);
  if (curvature !== undefined && typeof curvature !== 'function') checkNumber(`${what} curvature`, curvature);
  checkFunction(`${what} response`, response);
  checkFunction(`${what} coupling`, coupling);
}

/** A map that no one changes any more. */
function frozen<K, V>(map: Map<K, V>): ReadonlyMap<K, V> {
  const refuse = () => {
    throw new ArgumentError('an energy must not be changed: make another with sum(…)');
  };
  return Object.freeze(Object.assign(map, { set: refuse, delete: refuse, clear: refuse }));
}

/** Gives each item its own name or the default one with the first number that is free. */
function nameAll<T extends { readonly name?: string | undefined }>(
  what: string,
  items: readonly T[],
  fallback: (item: T) => string,
): ReadonlyMap<string, T> {
  const taken = new Set<string>();
  for (const { name } of items) {
    if (name === undefined) continue;
    if (taken.has(name)) throw new ArgumentError(`two ${what}s of an energy have the name '${name}'`, 'ERR_NAME');
    taken.add(name);
  }
  const counts = new Map<string, number>();
  const named = new Map<string, T>();
  for (const item of items) {
    let name = item.name;
    while (name === undefined) {
      const kind = fallback(item);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      if (!taken.has(`${kind}${count}`)) name = `${kind}${count}`;
    }
    named.set(name, item);
  }
  return frozen(named);
}
