import { boundsOf } from '../../energy/cost.js';
import { responseOf } from '../../energy/curvature.js';
import { ArgumentError } from '../../errors.js';
import type { Dynamics } from '../../phases/dynamics.js';
import { notCurvedOutwards } from '../suits.js';
import type { Force, Network } from './network.js';
import type { World } from './world.js';

/**
 * How a layer moves in one iteration: by −rate · ∂F/∂s, the rate being Euler's step size, or the relaxation over what the
 * curvature of F is at most, which leads to the minimiser or not quite as far. A layer with a response goes to
 * response(−∂F/∂s of the rest) instead, a share of the way.
 */
export interface Visit {
  readonly layer: number;
  /** By unit; of no meaning with a response. */
  readonly curvature: Float64Array | undefined;
  /** By example: what the nudge adds to the curvature. */
  readonly nudge: Float64Array;
  /** Euler's step size, or the relaxation. */
  readonly rate: number;
  readonly response: ((x: number) => number) | undefined;
}

/** The free layers in the order in which a phase visits them: a free phase outwards, one that is nudged, or whose output is
 * fixed, inwards. */
export function visitsOf(network: Network, world: World, dynamics: Dynamics, beta: number, fixed?: number): Visit[] {
  const { outwards, inwards } = network;
  const order = (beta === 0 && fixed === undefined ? outwards : inwards).filter((layer) => layer !== fixed);
  return order.map((layer) => {
    const nudge = new Float64Array(world.batch);
    if (dynamics.kind === 'euler' || dynamics.kind === 'langevin') {
      return { layer, curvature: undefined, nudge, rate: dynamics.stepSize, response: undefined };
    }
    const rate = dynamics.relaxation;
    const { response } = responseOf(network.problem.energy, network.layers[layer]) ?? {};
    if (response) return { layer, curvature: undefined, nudge, rate, response };
    const curvature = curvatureOf(network, layer, dynamics.kind === 'coordinateDescent');
    if (layer === network.output && beta !== 0) {
      const [least, most] = boundsOf(network.cost);
      for (let e = 0; e < world.batch; e++) {
        const b = beta * world.weights[e];
        nudge[e] = Math.max(b * least, b * most);
      }
    }
    checkCurved(network, layer, dynamics.kind, curvature, nudge, beta);
    return { layer, curvature, nudge, rate, response: undefined };
  });
}

/** To the minimiser of E that a layer has where the layers `after` it are not there. */
export function visitOutwards(network: Network, world: World, layer: number, after: ReadonlySet<number>): Visit {
  const nudge = new Float64Array(world.batch);
  const absent = new Set([...after].map((other) => network.layers[other]));
  const { response } = responseOf(network.problem.energy, network.layers[layer], absent) ?? {};
  if (response) return { layer, curvature: undefined, nudge, rate: 1, response };
  const curvature = curvatureOf(network, layer, false, ({ layers }) => !layers.some((other) => after.has(other)));
  const least = curvature.reduce((a, b) => Math.min(a, b));
  if (least > 0) return { layer, curvature, nudge, rate: 1, response };
  throw new ArgumentError(notCurvedOutwards('start', network.problem.energy.nameOf(network.layers[layer]), least));
}

/** By unit, the most that ∂²E/∂s² can be; where all units of the layer move at once, with what they do to each other. */
function curvatureOf(
  network: Network,
  layer: number,
  together: boolean,
  counts: (force: Force) => boolean = () => true,
): Float64Array {
  const curvature = new Float64Array(network.layers[layer].size);
  for (const force of network.forces[layer]) {
    if (!counts(force)) continue;
    const { interaction, position, parameters } = force;
    const own = interaction.linear ? 0 : interaction.curvature;
    if (typeof own === 'function') own.call(interaction, position, parameters, curvature);
    else for (let j = 0; j < curvature.length; j++) curvature[j] += own ?? 0;
    if (together) interaction.coupling?.(position, parameters, curvature);
  }
  return curvature;
}

function checkCurved(
  network: Network,
  layer: number,
  kind: string,
  curvature: Float64Array,
  nudge: Float64Array,
  beta: number,
): void {
  const least = curvature.reduce((a, b) => Math.min(a, b)) + nudge.reduce((a, b) => Math.min(a, b));
  if (least > 0) return;
  const name = network.problem.energy.nameOf(network.layers[layer]);
  throw new ArgumentError(
    `dynamics cannot be ${kind}, as F has curvature ${least} in '${name}' at beta ${beta}, which must be above 0: lower beta, give the layer a leak, or take euler`,
  );
}
