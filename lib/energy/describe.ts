import { ArgumentError, DataError } from '../errors.js';
import { Bias } from './bias.js';
import type { Cost } from './cost.js';
import { Dense } from './dense.js';
import { Energy } from './energy.js';
import type { Interaction } from './interaction.js';
import { Layer } from './layer.js';
import { Leak } from './leak.js';
import { SquaredError } from './squared-error.js';

/** An energy, a cost and what they join, as plain JSON: what a saved model says of its form. */
export interface Description {
  layers: {
    name: string;
    shape: readonly number[];
    clamped: boolean;
    activation: string;
    range: (number | string)[];
  }[];
  interactions: { name: string; kind: string; layers: string[]; strength?: number; gain?: number | undefined }[];
  cost: { kind: string; layer: string };
  input: string;
  output: string;
}

interface Problem {
  readonly energy: Energy;
  readonly cost: Cost;
  readonly input: Layer;
  readonly output: Layer;
}

/** @throws ArgumentError for an interaction or a cost that is the user's own: a file cannot hold its code */
export function describeProblem({ energy, cost, input, output }: Problem): Description {
  if (!(cost instanceof SquaredError)) throw notShipped('the cost', cost.kind);
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
      layers: interaction.layers.map((layer) => energy.nameOf(layer)),
      ...describeInteraction(name, interaction),
    })),
    cost: { kind: cost.kind, layer: energy.nameOf(cost.layer) },
    input: energy.nameOf(input),
    output: energy.nameOf(output),
  };
}

function describeInteraction(name: string, interaction: Interaction) {
  if (interaction instanceof Leak) return { kind: interaction.kind, strength: interaction.strength };
  if (interaction instanceof Dense) return { kind: interaction.kind, gain: interaction.gain };
  if (interaction instanceof Bias) return { kind: interaction.kind };
  throw notShipped(name, interaction.kind);
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
    const layers = new Map(
      description.layers.map(({ name, shape, clamped, activation, range }) => {
        const [low, high] = range.map(Number);
        return [name, new Layer(shape, { name, clamped, activation: activation as never, range: [low, high] })];
      }),
    );
    const at = (name: string) => {
      const layer = layers.get(name);
      if (!layer) throw new ArgumentError(`there is no layer '${name}'`, 'ERR_NAME');
      return layer;
    };
    if (description.cost.kind !== 'squaredError')
      throw new ArgumentError(`there is no cost '${description.cost.kind}'`);
    return {
      energy: new Energy(description.interactions.map((i) => buildInteraction(i, i.layers.map(at)))),
      cost: new SquaredError(at(description.cost.layer)),
      input: at(description.input),
      output: at(description.output),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError('ERR_DATA', `${source} does not describe a model: ${why}`, { cause: error });
  }
}

function buildInteraction(saved: Description['interactions'][number], layers: Layer[]): Interaction {
  const { name, kind, strength, gain } = saved;
  if (kind === 'leak') return new Leak(layers[0], { name, ...(strength === undefined ? {} : { strength }) });
  if (kind === 'bias') return new Bias(layers[0], { name });
  if (kind === 'dense') return new Dense(layers[0], layers[1], { name, ...(gain === undefined ? {} : { gain }) });
  throw new ArgumentError(`there is no interaction of kind '${kind}'`);
}
