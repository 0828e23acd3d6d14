/** A user's interaction or cost as it is now: what the object becomes later does not change an energy or a model. */

import { isPromise } from 'node:util/types';
import { describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { isMade, own, ownList, reading } from '../own.js';
import type { Cost } from './cost.js';
import type { ComplexGradients, Interaction, ParameterSpec } from './interaction.js';
import { markParameter } from './marked.js';

/** All that the contracts name: what a user's object has beyond them is its own. The compiler misses none. */
const INTERACTION = namesOf<Interaction>({
  kind: 1,
  name: 1,
  layers: 1,
  reads: 1,
  linear: 1,
  quadratic: 1,
  curvature: 1,
  coupling: 1,
  response: 1,
  entersForceOn: 1,
  complex: 1,
  parameters: 1,
  energy: 1,
  stateGradient: 1,
  parameterGradient: 1,
});
const COST = namesOf<Cost>({
  kind: 1,
  name: 1,
  layer: 1,
  targetShape: 1,
  parameters: 1,
  decay: 1,
  curvature: 1,
  quadratic: 1,
  complex: 1,
  value: 1,
  stateGradient: 1,
  parameterGradient: 1,
  readOut: 1,
});
const COMPLEX = namesOf<ComplexGradients>({ stateGradient: 1, parameterGradient: 1, response: 1 });
const PARAMETER = namesOf<ParameterSpec>({ name: 1, shape: 1, least: 1, initialise: 1 });

function namesOf<T>(names: Readonly<Record<keyof T, 1>>): readonly (keyof T & string)[] {
  return Object.keys(names) as (keyof T & string)[];
}

/** The package's own interactions as they are, now frozen; a frozen copy of a user's, whose functions are called on the user's object.
 * Throws an ArgumentError for what is no object or cannot be read. */
export function snapshotInteraction(name: string, interaction: Interaction): Interaction {
  return snapshot(name, interaction, INTERACTION);
}

/** The same for a cost. */
export function snapshotCost(name: string, cost: Cost): Cost {
  return snapshot(name, cost, COST);
}

function snapshot<T extends { parameters?: readonly ParameterSpec[] | undefined }>(
  name: string,
  part: T,
  fields: readonly (keyof T & string)[],
): T {
  if (isMade(part)) return Object.freeze(part);
  if (typeof part !== 'object' || part === null) {
    throw new ArgumentError(`${name} must be an object, but ${describe(part)} was given`);
  }
  const copy = fieldsOf(name, part, fields);
  const { parameters } = copy;
  if (Array.isArray(parameters))
    copy.parameters = Object.freeze(parameters.map((spec) => snapshotParameter(name, spec)));
  return Object.freeze(copy) as T;
}

/** Interactions that share a parameter list the very same object: so do their copies. */
const parameters = new WeakMap<object, object>();

function snapshotParameter(owner: string, spec: unknown): unknown {
  if (typeof spec !== 'object' || spec === null || isMade(spec)) return spec;
  const known = parameters.get(spec);
  if (known) return known;
  const copy = fieldsOf(`a parameter of ${owner}`, spec as ParameterSpec, PARAMETER);
  parameters.set(spec, copy);
  markParameter(copy as unknown as ParameterSpec);
  return copy;
}

/** The fields that an object has, its functions tied to it. Of a list, the elements are as they were. */
function fieldsOf(name: string, owner: object, fields: readonly string[]): Record<string, unknown> {
  return reading(name, () => {
    const copy: Record<string, unknown> = {};
    for (const field of fields) {
      const value: unknown = Reflect.get(owner, field, owner);
      if (value === undefined) continue;
      if (typeof value === 'function') copy[field] = bound(value as Method, owner);
      else if (field === 'parameters') copy[field] = ownList(`${name} parameters`, value) ?? value;
      else if (field === 'complex' && typeof value === 'object' && value !== null)
        copy[field] = fieldsOf(`${name} complex`, value, COMPLEX);
      else copy[field] = own(`${name} ${field}`, value);
    }
    return copy;
  });
}

type Method = (...args: unknown[]) => unknown;

/** A promise is refused wherever it is returned; that it rejects must then not end the process. */
function bound(method: Method, owner: object): Method {
  return (...args) => {
    const returned = Reflect.apply(method, owner, args);
    if (isPromise(returned)) Promise.prototype.then.call(returned, undefined, () => {});
    return returned;
  };
}
