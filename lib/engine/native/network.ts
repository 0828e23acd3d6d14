/** A problem as the plain numbers of native/engine/network.h. */

import type { ActivationName } from '../../energy/activation.js';
import { Bias } from '../../energy/bias.js';
import { inwards, outwards } from '../../energy/colouring.js';
import { ConjugateLeak } from '../../energy/conjugate-leak.js';
import { boundsOf, type Cost } from '../../energy/cost.js';
import { CrossEntropy } from '../../energy/cross-entropy.js';
import { CrossEntropyReadOut } from '../../energy/cross-entropy-read-out.js';
import { undecayed } from '../../energy/decay.js';
import { Dense } from '../../energy/dense.js';
import type { Interaction, ParameterSpec } from '../../energy/interaction.js';
import { Lateral } from '../../energy/lateral.js';
import type { Layer } from '../../energy/layer.js';
import { Leak } from '../../energy/leak.js';
import { type ClampedProblem, parametersOf } from '../../energy/problem.js';
import { isShipped, isShippedCost } from '../../energy/shipped.js';
import { SquaredError } from '../../energy/squared-error.js';
import { EngineError } from '../../errors.js';
import { fitting, toFloat32 } from './numbers.js';

/** The order of `Activation` in native/kernels/table.h. */
const ACTIVATION_CODES: Readonly<Record<ActivationName, number>> = { hardSigmoid: 0, linear: 0, sigmoid: 1, tanh: 2 };
/** The orders of `Connection::Kind` and `CostSpec::Kind` in native/engine/network.h. */
const CONNECTION_CODES = { dense: 0, bias: 1, lateral: 2 };
const COST_CODES = { squaredError: 0, crossEntropy: 1, readOut: 2 };

/** A parameter as a matrix. */
interface Form {
  readonly rows: number;
  readonly columns: number;
  readonly symmetric: boolean;
}

interface Connection {
  readonly kind: keyof typeof CONNECTION_CODES;
  readonly spec: ParameterSpec;
  readonly pre: Layer;
  readonly post: Layer;
}

/** @throws EngineError for what has no kernel */
export function describeNetwork(problem: ClampedProblem): object {
  const { energy, cost, clamped, input, output } = problem;
  const layers = [...energy.layers.values()];
  const at = (layer: Layer) => layers.indexOf(layer);
  const leaks = new Map<Layer, number>();
  const responses = new Map<Layer, number>();
  const connections: Connection[] = [];
  for (const [name, interaction] of energy.interactions) {
    const connection = connectionOf(interaction);
    if (connection) {
      connections.push(connection);
    } else if (interaction instanceof Leak && isShipped(interaction)) {
      const [layer] = interaction.layers;
      leaks.set(layer, (leaks.get(layer) ?? 0) + interaction.strength);
    } else if (interaction instanceof ConjugateLeak && isShipped(interaction)) {
      const [layer] = interaction.layers;
      if (responses.has(layer)) throw noKernel(`${name}, a second conjugate leak of its layer`);
      responses.set(layer, ACTIVATION_CODES[interaction.activation]);
    } else {
      throw noKernel(`${name}, an interaction of kind '${interaction.kind}'`);
    }
  }
  const forms = new Map(connections.map((connection) => [connection.spec, formOf(connection)]));
  const costParameters = readOutForms(cost);
  for (const [spec, form] of costParameters) forms.set(spec, form);
  const specs = [...parametersOf(problem)];
  const indexOf = (spec: ParameterSpec) => specs.findIndex(([, other]) => other === spec);
  return {
    layers: layers.map((layer) => ({
      size: layer.size,
      clamped: clamped.has(layer),
      activation: ACTIVATION_CODES[layer.activation],
      low: layer.range[0],
      high: layer.range[1],
      leak: leaks.get(layer) ?? 0,
      response: responses.get(layer) ?? 0,
    })),
    parameters: specs.map(([name, spec]) => {
      if (spec.least !== undefined) throw noKernel(`${name}, a parameter with a bound`);
      return { ...forms.get(spec), decay: fitting(`decay of '${name}'`, cost.decay?.[name] ?? 0) };
    }),
    connections: connections.map(({ kind, spec, pre, post }) => ({
      kind: CONNECTION_CODES[kind],
      parameter: indexOf(spec),
      pre: at(pre),
      post: at(post),
    })),
    cost: { ...describeCost(cost), weight: 0, bias: 0, ...readOutPlaces([...costParameters.keys()].map(indexOf)) },
    input: at(input),
    output: at(output),
    outwards: outwards(energy, clamped).map(at),
    inwards: inwards(energy, clamped, output).map(at),
  };
}

/** Whether a layer that settles has a leak whose derivative only those dynamics can do without that use its inverse. */
export function hasResponse({ energy, clamped }: ClampedProblem): boolean {
  return [...energy.interactions.values()].some((i) => i instanceof ConjugateLeak && !clamped.has(i.layers[0]));
}

export function noKernel(what: string): EngineError {
  return new EngineError(`the native engine has no kernel for ${what}: use engine 'javascript'`);
}

function connectionOf(interaction: Interaction): Connection | undefined {
  if (!isShipped(interaction)) return undefined;
  const [pre, post = pre] = interaction.layers;
  const [spec] = interaction.parameters;
  if (interaction instanceof Dense) return { kind: 'dense', spec, pre, post };
  if (interaction instanceof Bias) return { kind: 'bias', spec, pre, post };
  if (interaction instanceof Lateral) return { kind: 'lateral', spec, pre, post };
  return undefined;
}

function formOf({ kind, pre, post }: Connection): Form {
  return { rows: kind === 'bias' ? 1 : pre.size, columns: post.size, symmetric: kind === 'lateral' };
}

function describeCost(given: Cost): object {
  const cost = undecayed(given);
  const [least, most] = boundsOf(cost);
  if (!isShippedCost(given)) throw noKernel(`the cost '${cost.kind}'`);
  if (cost instanceof SquaredError) {
    const weights = cost.weights && toFloat32('squaredError weights', cost.weights);
    return { kind: COST_CODES.squaredError, least, most, weights };
  }
  if (cost instanceof CrossEntropy) return { kind: COST_CODES.crossEntropy, least, most };
  if (cost instanceof CrossEntropyReadOut) return { kind: COST_CODES.readOut, least, most };
  throw noKernel(`the cost '${cost.kind}'`);
}

/** The matrices V and c of a read-out. */
function readOutForms(given: Cost): ReadonlyMap<ParameterSpec, Form> {
  const cost = undecayed(given);
  if (!(cost instanceof CrossEntropyReadOut)) return new Map();
  const [weight, bias] = cost.parameters;
  const columns = cost.classes;
  return new Map([
    [weight, { rows: cost.layer.size, columns, symmetric: false }],
    [bias, { rows: 1, columns, symmetric: false }],
  ]);
}

function readOutPlaces([weight, bias]: readonly number[]): object {
  return weight === undefined ? {} : { weight, bias };
}
