/** The derivatives that a user's own parts bring, beside differences of their energies. */

import type { Floats } from '../check.js';
import { type ClampedProblem, targetSizeOf } from '../energy/problem.js';
import { isShipped, isShippedCost } from '../energy/shipped.js';
import { Network, type Part } from '../engine/javascript/network.js';
import { Random } from '../random.js';
import { type Mistake, mistakeOf, type Slope } from './slope.js';

/** One derivative of a part of the user's own, and how near it is to differences. */
export interface DerivativeReport extends Mistake {
  /** The part, such as `interaction 'gate'`. */
  readonly part: string;
  /** The function, and of what, such as `stateGradient of 'h'`. */
  readonly derivative: string;
  /** What of the part it is the derivative of. */
  readonly of: 'energy' | 'value' | 'forces';
}

/** A derivative to look at, by name. */
interface Named extends Pick<DerivativeReport, 'part' | 'derivative' | 'of'> {
  readonly slope: Slope;
}

const EXAMPLES = 4;
/** What an energy may not be defined at, its layers' bounds and its parameters', is kept away from: in shares of a range. */
const MARGIN = 0.05;
const ABOVE_LEAST = 1e-3;
/** What derivatives are scaled by where they have a scale, and weights of examples where they are theirs: none is 1. */
const SCALE = 0.7;
const WEIGHTS = Float64Array.of(0.6, 1.3, 0.4, 1.9);
const ALIKE = new Float64Array(EXAMPLES).fill(SCALE);

/**
 * The real derivatives of the user's own interactions and cost, of layers that are not clamped, at random states within the
 * layers' ranges: no equilibrium is needed, which wrong derivatives may not have. What a part does not compute there is left out;
 * nor are `complex` derivatives looked at, which `holomorphic` alone uses.
 * @param values the parameters, in the order of `parametersOf`
 * @param targets of the batch: the first few are taken
 */
export function derivativesOf(
  problem: ClampedProblem,
  values: readonly Floats[],
  targets: Floats,
): readonly DerivativeReport[] {
  const isOwn = [...problem.energy.interactions.values()].map((interaction) => !isShipped(interaction));
  if (!isOwn.some(Boolean) && isShippedCost(problem.cost)) return [];
  const network = new Network(problem);
  network.parameters.forEach((parameter, i) => {
    const least = network.least[i] + ABOVE_LEAST;
    parameter.set(values[i].map((value) => Math.max(value, least)));
  });
  const random = new Random(0);
  const own = [...problem.energy.interactions.keys()].flatMap((name, i) =>
    isOwn[i] ? slopesOfPart(network, `interaction '${name}'`, network.parts[i], random) : [],
  );
  const cost = isShippedCost(problem.cost) ? [] : slopesOfCost(network, targets, random);
  return [...own, ...cost].flatMap(({ slope, ...names }) => {
    const found = mistakeOf(slope, random);
    return found ? [{ ...names, ...found }] : [];
  });
}

function slopesOfPart(network: Network, part: string, { interaction, ...at }: Part, random: Random): Named[] {
  const { parameters } = at;
  const { entersForceOn } = interaction;
  const states = at.layers.map((layer) => randomStates(network, layer, EXAMPLES, random));
  const values = at.layers.map((layer, i) =>
    interaction.reads === 'state' ? states[i] : states[i].map(network.rho[layer].value),
  );
  const addEnergy = (energies: Float64Array) => interaction.energy(values, parameters, EXAMPLES, energies);
  const ofStates = interaction.layers.flatMap((layer, i): Named[] => {
    if (entersForceOn || network.clamped[at.layers[i]]) return [];
    const slope = {
      values: values[i],
      size: EXAMPLES,
      weights: WEIGHTS,
      rowWeights: WEIGHTS,
      hasScale: false,
      addValue: addEnergy,
      addGradient: (gradient: Float64Array) => interaction.stateGradient(i, values, parameters, EXAMPLES, gradient),
    };
    return [{ part, derivative: `stateGradient of '${network.problem.energy.nameOf(layer)}'`, of: 'energy', slope }];
  });
  const ofParameters = parameters.map((parameter, k): Named => {
    const addGradient = (gradient: Float64Array, scaled: boolean) =>
      interaction.parameterGradient(k, values, parameters, EXAMPLES, scaled ? SCALE : 1, gradient);
    const derivative = `parameterGradient of '${interaction.parameters[k].name}'`;
    if (!entersForceOn) {
      const [size, weights] = [EXAMPLES, ALIKE];
      const slope = { values: parameter, size, weights, hasScale: true, addValue: addEnergy, addGradient };
      return { part, derivative, of: 'energy', slope };
    }
    // Of −Σ force · values of one layer.
    const layer = entersForceOn[k];
    const addValue = (forces: Float64Array) => interaction.stateGradient(layer, values, parameters, EXAMPLES, forces);
    const weights = values[layer].map((value) => SCALE * value);
    const { length: size } = weights;
    const slope = { values: parameter, size, weights, hasScale: true, addValue, addGradient };
    return { part, derivative, of: 'forces', slope };
  });
  return [...ofStates, ...ofParameters];
}

function slopesOfCost(network: Network, targets: Floats, random: Random): Named[] {
  const { cost, costParameters: parameters } = network;
  const size = targetSizeOf(network.problem.cost);
  const wanted = Float64Array.from(targets.subarray(0, EXAMPLES * size));
  const batch = wanted.length / size;
  const states = randomStates(network, network.output, batch, random);
  const part = `cost '${cost.name ?? cost.kind}'`;
  const weights = WEIGHTS.subarray(0, batch);
  const common = {
    size: batch,
    hasScale: true,
    addValue: (costs: Float64Array) => cost.value(states, wanted, parameters, batch, costs),
  };
  const ones = new Float64Array(batch).fill(1);
  const ofState: Named = {
    part,
    derivative: `stateGradient of '${network.problem.energy.nameOf(cost.layer)}'`,
    of: 'value',
    slope: {
      ...common,
      values: states,
      weights: weights.map((weight) => SCALE * weight),
      rowWeights: weights,
      addGradient: (gradient, scaled) =>
        cost.stateGradient(states, wanted, parameters, batch, scaled ? SCALE : 1, gradient),
    },
  };
  const ofParameters = parameters.map((parameter, k): Named => {
    const addGradient = (gradient: Float64Array, scaled: boolean) =>
      cost.parameterGradient?.(k, states, wanted, parameters, batch, scaled ? weights : ones, gradient);
    const derivative = `parameterGradient of '${cost.parameters?.[k].name}'`;
    return { part, derivative, of: 'value', slope: { ...common, values: parameter, weights, addGradient } };
  });
  return [ofState, ...ofParameters];
}

/** [batch, units] within the layer's range, or about 0 where it has none. */
function randomStates(network: Network, layer: number, batch: number, random: Random): Float64Array {
  const { size, range } = network.layers[layer];
  const low = Math.max(range[0], Math.min(-1, range[1] - 2));
  const high = Math.min(range[1], Math.max(1, range[0] + 2));
  const share = () => MARGIN + (1 - 2 * MARGIN) * random.uniform();
  return Float64Array.from({ length: batch * size }, () => low + (high - low) * share());
}
