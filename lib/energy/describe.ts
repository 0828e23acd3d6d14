import { checkArray, checkString, describe } from '../check.js';
import { ArgumentError, DataError } from '../errors.js';
import { printable } from '../printable.js';
import type { Cost } from './cost.js';
import { checkDecay, undecayed, withDecay } from './decay.js';
import { Energy } from './energy.js';
import type { Interaction } from './interaction.js';
import { Layer } from './layer.js';
import type { Problem } from './problem.js';
import { COSTS, INTERACTIONS, kindOf, type Shipped, shippedKind } from './shipped.js';

/** An energy, a cost and what they join, as plain JSON: what a saved model says of its form. */
export interface Description {
  layers: {
    name: string;
    shape: readonly number[];
    clamped: boolean;
    activation: string;
    range: (number | string)[];
  }[];
  /** With each, the options of its kind; or `share`, the name of the interaction before it whose parameters it has. */
  interactions: { name: string; kind: string; layers: string[]; [option: string]: unknown }[];
  /** With the options of its kind, and λ by parameter if it decays any. */
  cost: { kind: string; layer: string; name?: string; decay?: Record<string, number>; [option: string]: unknown };
  input: string;
  output: string;
}

/** @throws ArgumentError for an interaction or a cost that is the user's own: a file cannot hold its code */
export function describeProblem({ energy, cost, input, output }: Problem): Description {
  return {
    layers: [...energy.layers].map(([name, { shape, clamped, activation, range }]) => ({
      name,
      shape,
      clamped,
      activation,
      range: range.map((bound) => (Number.isFinite(bound) ? bound : String(bound))), // JSON has no infinity
    })),
    interactions: [...energy.interactions].map(([name, interaction]) => ({
      name,
      kind: interaction.kind,
      layers: interaction.layers.map((layer) => energy.nameOf(layer)),
      ...optionsOf(energy, name, interaction),
    })),
    cost: describeCost(energy, cost),
    input: energy.nameOf(input),
    output: energy.nameOf(output),
  };
}

function optionsOf(energy: Energy, name: string, interaction: Interaction): Readonly<Record<string, unknown>> {
  const kind = kindOf(INTERACTIONS, interaction);
  if (!kind) throw notShipped(name, interaction.kind);
  const owner = ownerOf(energy, name, interaction);
  return owner === name ? kind.options(interaction as never) : { share: owner };
}

/** The name of the first interaction that has the same parameters; its own, if it shares none. */
function ownerOf(energy: Energy, name: string, { parameters }: Interaction): string {
  if (parameters.length === 0) return name;
  for (const [owner, other] of energy.interactions) if (other.parameters[0] === parameters[0]) return owner;
  return name;
}

function describeCost(energy: Energy, cost: Cost): Description['cost'] {
  const plain = undecayed(cost);
  const kind = kindOf(COSTS, plain);
  if (!kind) throw notShipped('the cost', plain.kind);
  return {
    kind: plain.kind,
    layer: energy.nameOf(plain.layer),
    ...(plain.name !== undefined && { name: plain.name }),
    ...kind.options(plain as never),
    ...(cost.decay && { decay: { ...cost.decay } }),
  };
}

function notShipped(what: string, kind: string): ArgumentError {
  return new ArgumentError(
    `a model can be saved if its energy and cost are made of the package's own parts, but ${what} is of kind '${kind}': save its parameters yourself`,
  );
}

/**
 * The problem that a description tells of. `source` names the file in errors.
 * @throws DataError for a description that no model has written
 */
export function buildProblem(source: string, description: Description): Problem {
  try {
    checkObject('it', description);
    const layers = buildLayers(description.layers);
    const at = (name: string) => {
      const layer = layers.get(name);
      if (!layer) throw new ArgumentError(`there is no layer ${describe(name)}`, 'ERR_NAME');
      return layer;
    };
    const problem = {
      energy: buildEnergy(description.interactions, at),
      cost: buildCost(description.cost, at),
      input: at(description.input),
      output: at(description.output),
    };
    checkDecay('its cost', problem);
    return problem;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError('ERR_DATA', `${source} does not describe a model: ${printable(why)}`, { cause: error });
  }
}

function checkObject<T extends object>(name: string, value: T): T {
  if (typeof value === 'object' && value !== null) return value;
  throw new ArgumentError(`${name} must be an object, but ${describe(value)} was given`);
}

function buildLayers(saved: Description['layers']): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  for (const layer of checkArray('its list of layers', saved)) {
    const { name, shape, clamped, activation, range } = checkObject('a layer', layer as (typeof saved)[number]);
    if (layers.has(name)) throw new ArgumentError(`two layers have the name ${describe(name)}`, 'ERR_NAME');
    const [low, high] = checkArray(`the range of layer ${describe(name)}`, range).map(Number);
    layers.set(name, new Layer(shape, { name, clamped, activation: activation as never, range: [low, high] }));
  }
  return layers;
}

function buildEnergy(saved: Description['interactions'], at: (name: string) => Layer): Energy {
  const built = new Map<string, Interaction>();
  for (const interaction of checkArray('its list of interactions', saved)) {
    const { name, kind, layers, share, ...options } = checkObject(
      'an interaction',
      interaction as (typeof saved)[number],
    );
    checkString('the name of an interaction', name);
    if (built.has(name)) throw new ArgumentError(`two interactions have the name '${name}'`, 'ERR_NAME');
    const owner = share === undefined ? undefined : built.get(share as string);
    if (share !== undefined && !owner) {
      throw new ArgumentError(
        `'${name}' shares the parameters of ${describe(share)}, which is not before it`,
        'ERR_NAME',
      );
    }
    const joined = checkArray(`the layers of '${name}'`, layers).map((layer) => at(layer as string));
    const all = { ...options, name, ...(owner && { share: owner }) };
    built.set(name, build('interaction', INTERACTIONS, kind, joined, all));
  }
  return new Energy([...built.values()]);
}

function buildCost(saved: Description['cost'], at: (name: string) => Layer): Cost {
  const { kind, layer, decay, ...options } = checkObject('its cost', saved);
  const cost = build('cost', COSTS, kind, [at(layer)], options);
  return decay === undefined ? cost : withDecay(cost, decay);
}

function build<T>(
  what: string,
  kinds: Readonly<Record<string, Shipped<T>>>,
  name: unknown,
  layers: readonly Layer[],
  options: object,
): T {
  const kind = shippedKind(kinds, name);
  if (!kind) throw new ArgumentError(`there is no ${what} of kind ${describe(name)}`, 'ERR_NAME');
  if (layers.length !== kind.joins) {
    throw new ArgumentError(`${what} ${name} joins ${kind.joins} layers, but ${layers.length} were given`, 'ERR_SHAPE');
  }
  return kind.build(layers, options as never);
}
