/** The derivatives that a user's own parts bring, beside differences of their energies. */

import type { Floats } from '../check.js';
import { type ClampedProblem, targetSizeOf } from '../energy/problem.js';
import { isShipped, isShippedCost } from '../energy/shipped.js';
import { Network, type Part } from '../engine/javascript/network.js';
import { EqpropError, isError } from '../errors.js';
import { Random } from '../random.js';
import { compareArrays } from './compare.js';

/** One derivative of a part of the user's own. */
export interface DerivativeReport {
  /** The part, such as `interaction 'gate'`. */
  readonly part: string;
  /** The function, and of what, such as `stateGradient of 'h'`. */
  readonly derivative: string;
  /** ‖derivative − difference‖ / ‖difference‖, along a few random directions. */
  readonly relativeError: number;
}

const DIRECTIONS = 4;
const EXAMPLES = 4;
/** Relative to numbers of size 1: errors of rounding and of the difference's order meet below 1e-9. */
const STEP = 1e-5;
/** Of an energy: what of it is rounding. */
const ROUNDING = 1e-14;

/** A number that depends on `values`, and its derivative there. */
interface Slope {
  readonly part: string;
  readonly derivative: string;
  readonly values: Float64Array;
  value(): number;
  addGradient(gradient: Float64Array): void;
}

/**
 * All derivatives of the user's own interactions and cost, at random states within their layers' ranges: no equilibrium is needed,
 * which wrong derivatives may not have. What a part does not compute there is left out.
 * @param values the parameters, in the order of `parametersOf`
 * @param targets of the batch: the first few are taken
 */
export function derivativesOf(
  problem: ClampedProblem,
  values: readonly Floats[],
  targets: Floats,
): readonly DerivativeReport[] {
  const network = new Network(problem);
  network.parameters.forEach((parameter, i) => {
    parameter.set(values[i]);
  });
  const random = new Random(0);
  const own = [...problem.energy.interactions].flatMap(([name, interaction], i) =>
    isShipped(interaction) ? [] : slopesOfPart(network, `interaction '${name}'`, network.parts[i], random),
  );
  const cost = isShippedCost(problem.cost) ? [] : slopesOfCost(network, targets, random);
  return [...own, ...cost].flatMap((slope) => {
    const relativeError = errorOf(slope, random);
    const { part, derivative } = slope;
    return relativeError === undefined ? [] : [{ part, derivative, relativeError }];
  });
}

function slopesOfPart(network: Network, name: string, part: Part, random: Random): Slope[] {
  const { interaction, parameters } = part;
  const states = part.layers.map((layer) => randomStates(network, layer, EXAMPLES, random));
  const values = part.layers.map((layer, i) =>
    interaction.reads === 'state' ? states[i] : states[i].map(network.rho[layer].value),
  );
  const energy = () => {
    const energies = new Float64Array(EXAMPLES);
    interaction.energy(values, parameters, EXAMPLES, energies);
    return energies.reduce((a, b) => a + b, 0);
  };
  /** Σ −force · values of one layer, of which a parameter's derivative is taken where forces come from no energy. */
  const work = (layer: number) => {
    const forces = new Float64Array(values[layer].length);
    interaction.stateGradient(layer, values, parameters, EXAMPLES, forces);
    return forces.reduce((sum, force, j) => sum + force * values[layer][j], 0);
  };
  const ofStates = interaction.layers.map(
    (layer, i): Slope => ({
      part: name,
      derivative: `stateGradient of '${network.problem.energy.nameOf(layer)}'`,
      values: values[i],
      value: energy,
      addGradient: (gradient) => interaction.stateGradient(i, values, parameters, EXAMPLES, gradient),
    }),
  );
  const { entersForceOn } = interaction;
  const ofParameters = parameters.map(
    (parameter, k): Slope => ({
      part: name,
      derivative: `parameterGradient of '${interaction.parameters[k].name}'`,
      values: parameter,
      value: entersForceOn ? () => work(entersForceOn[k]) : energy,
      addGradient: (gradient) => interaction.parameterGradient(k, values, parameters, EXAMPLES, 1, gradient),
    }),
  );
  return entersForceOn ? ofParameters : [...ofStates, ...ofParameters];
}

function slopesOfCost(network: Network, targets: Floats, random: Random): Slope[] {
  const { cost, costParameters: parameters } = network;
  const size = targetSizeOf(network.problem.cost);
  const wanted = Float64Array.from(targets.subarray(0, EXAMPLES * size));
  const batch = wanted.length / size;
  const states = randomStates(network, network.output, batch, random);
  const part = `cost '${cost.name ?? cost.kind}'`;
  const value = () => {
    const costs = new Float64Array(batch);
    cost.value(states, wanted, parameters, batch, costs);
    return costs.reduce((a, b) => a + b, 0);
  };
  const scale = new Float64Array(batch).fill(1);
  return [
    {
      part,
      derivative: `stateGradient of '${network.problem.energy.nameOf(cost.layer)}'`,
      values: states,
      value,
      addGradient: (gradient) => cost.stateGradient(states, wanted, parameters, batch, 1, gradient),
    },
    ...parameters.map((parameter, k) => ({
      part,
      derivative: `parameterGradient of '${cost.parameters?.[k].name}'`,
      values: parameter,
      value,
      addGradient: (gradient: Float64Array) =>
        cost.parameterGradient?.(k, states, wanted, parameters, batch, scale, gradient),
    })),
  ];
}

/** [batch, units] within the layer's range, or about 0 where it has none. */
function randomStates(network: Network, layer: number, batch: number, random: Random): Float64Array {
  const { size, range } = network.layers[layer];
  const [low, high] = [Math.max(range[0], Math.min(-1, range[1] - 2)), Math.min(range[1], Math.max(1, range[0] + 2))];
  return Float64Array.from({ length: batch * size }, () => low + (high - low) * random.uniform());
}

/** Undefined where the part has nothing to say of these values: it refuses them, or what it adds is not finite. */
function errorOf({ values, value, addGradient }: Slope, random: Random): number | undefined {
  const here = values.slice();
  const gradient = new Float64Array(values.length);
  const differences = new Float64Array(DIRECTIONS);
  const slopes = new Float64Array(DIRECTIONS);
  let rounding = 0;
  try {
    addGradient(gradient);
    for (let d = 0; d < DIRECTIONS; d++) {
      const direction = Float64Array.from(here, () => random.normal());
      const at = (step: number) => {
        for (let k = 0; k < here.length; k++) values[k] = here[k] + step * direction[k];
        return value();
      };
      const [above, below] = [at(STEP), at(-STEP)];
      differences[d] = (above - below) / (2 * STEP);
      slopes[d] = gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
      rounding = Math.max(rounding, (ROUNDING * (Math.abs(above) + Math.abs(below))) / STEP);
    }
  } catch (error) {
    if (isError(error, EqpropError)) return undefined;
    throw error;
  } finally {
    values.set(here);
  }
  const isNothing = slopes.every((slope, d) => Math.abs(slope - differences[d]) <= rounding);
  if (isNothing) return 0;
  const { relativeError } = compareArrays(slopes, differences);
  return Number.isNaN(relativeError) ? undefined : relativeError;
}
