/** What an energy and a cost allow: looked at before anything settles. */

import { activations } from '../energy/activation.js';
import { outwards } from '../energy/colouring.js';
import { boundsOf } from '../energy/cost.js';
import { curvatureOf, interactionsOn, responseOf } from '../energy/curvature.js';
import { undecayed } from '../energy/decay.js';
import type { Energy } from '../energy/energy.js';
import type { Layer } from '../energy/layer.js';
import { type ClampedProblem, targetSizeOf } from '../energy/problem.js';
import { SquaredError } from '../energy/squared-error.js';
import { ArgumentError } from '../errors.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Estimator, Phase } from '../phases/estimator.js';
import { phasesOf } from '../phases/procedure.js';
import type { TrainingStart } from '../phases/start.js';

/** Refuses weights of examples where no nudge would feel them. @throws ArgumentError */
export function checkWeighable(name: string, weights: unknown, { programs }: Estimator): void {
  const clamps = programs.some((p) => !('kind' in p) && p.phases.some(({ clamp }) => clamp !== undefined));
  if (weights === undefined || !clamps) return;
  throw new ArgumentError(
    `${name} must be left out where an estimator clamps the output, which weighs no example: take one that nudges`,
  );
}

/** Refuses an estimator that a problem does not allow. `name` is the argument. @throws ArgumentError */
export function checkEstimatorSuits(name: string, problem: ClampedProblem, { programs }: Estimator): void {
  for (const program of programs) {
    if ('kind' in program) {
      for (const phase of phasesOf(program)) checkSuits(name, problem, phase);
      if (program.kind === 'recurrentBackprop' || program.kind === 'truncatedBackprop') {
        checkConservative(`${name} ${program.kind}`, problem);
      }
    } else {
      const complex: boolean[] = [];
      for (const [i, phase] of program.phases.entries()) {
        complex.push(typeof phase.beta !== 'number' || (phase.from !== 'start' && complex[phase.from]));
        checkPhase(`${name}, phase ${i},`, problem, phase, complex[i]);
      }
    }
  }
}

function checkPhase(name: string, problem: ClampedProblem, { beta, dynamics, clamp }: Phase, complex: boolean): void {
  if (complex) checkAnalytic(name, problem, dynamics);
  // A complex nudge of this size bends F as much.
  checkSuits(name, problem, { beta: typeof beta === 'number' ? beta : Math.hypot(...beta), dynamics });
  if (clamp === undefined) return;
  if (complex) {
    throw new ArgumentError(`${name} cannot clamp the output, as it starts from complex states: start it from another`);
  }
  const cost = undecayed(problem.cost);
  if (cost instanceof SquaredError && cost.weights) {
    throw new ArgumentError(
      `${name} cannot clamp the output, as the cost weighs its units: take an estimator that nudges`,
    );
  }
  if (targetSizeOf(problem.cost) === problem.output.size) return;
  throw new ArgumentError(
    `${name} cannot clamp the output, as it has ${problem.output.size} units and a target ${targetSizeOf(problem.cost)} numbers: take an estimator that nudges`,
    'ERR_SHAPE',
  );
}

/**
 * Refuses dynamics that an energy does not allow: those that go to each layer's minimiser of F must know where that is.
 * @throws ArgumentError where F is not quadratic in a layer, or not curved upwards under the nudge
 */
export function checkSuits(
  name: string,
  { energy, cost, output, clamped }: ClampedProblem,
  { dynamics, beta }: { dynamics: Dynamics; beta: number },
): void {
  if (dynamics.kind === 'euler' || dynamics.kind === 'langevin') return;
  for (const [layerName, layer] of energy.layers) {
    if (clamped.has(layer)) continue;
    if (dynamics.kind === 'coordinateDescent' && !activations[layer.activation].identity) {
      throw new ArgumentError(
        `${name} cannot be coordinateDescent, as '${layerName}' has the activation ${layer.activation}: take fixedPoint or euler`,
      );
    }
    if (responseOf(energy, layer)) continue;
    const curvature = curvatureOf(energy, layer);
    if (curvature === undefined) {
      throw new ArgumentError(
        `${name} cannot be ${dynamics.kind}, as F is not quadratic in '${layerName}': take euler`,
      );
    }
    if (dependsOnParameters(energy, layer)) continue;
    const [least, most] = layer === output ? boundsOf(cost) : [0, 0];
    checkCurved(name, dynamics, layerName, curvature + Math.max(beta * least, beta * most), beta);
  }
}

/**
 * Refuses a feed-forward pass that an energy does not allow: each layer must have a minimiser, given those before it.
 * @throws ArgumentError where E is not quadratic in a layer, or not curved upwards
 */
export function checkStartSuits(name: string, { energy, clamped }: ClampedProblem, start: TrainingStart): void {
  if (start !== 'feedForward') return;
  const order = outwards(energy, clamped);
  const after = new Set(order);
  for (const layer of order) {
    after.delete(layer);
    if (responseOf(energy, layer, after)) continue;
    const curvature = curvatureOf(energy, layer, after);
    if (curvature === undefined) {
      throw new ArgumentError(
        `${name} cannot be feedForward, as E is not quadratic in '${energy.nameOf(layer)}': take zero`,
      );
    }
    if (curvature > 0 || dependsOnParameters(energy, layer, after)) continue;
    throw new ArgumentError(notCurvedOutwards(name, energy.nameOf(layer), curvature));
  }
}

/** What to say of a layer that has no minimiser in a feed-forward pass. */
export function notCurvedOutwards(name: string, layerName: string, curvature: number): string {
  return `${name} cannot be feedForward, as E has curvature ${curvature} in '${layerName}' without the layers after it, which must be above 0: give the layer a leak, or take zero`;
}

/** Whether the engine must look at the parameters to know a curvature; it complains itself. */
function dependsOnParameters(energy: Energy, layer: Layer, absent?: ReadonlySet<Layer>): boolean {
  return interactionsOn(energy, layer, absent).some(({ curvature }) => typeof curvature === 'function');
}

function checkCurved(name: string, { kind }: Dynamics, layerName: string, curvature: number, beta: number): void {
  if (curvature > 0) return;
  throw new ArgumentError(
    `${name} cannot be ${kind}, as F has curvature ${curvature} in '${layerName}' at beta ${beta}, which must be above 0: lower beta, give the layer a leak, or take euler`,
  );
}

/** @throws ArgumentError where complex states have no meaning */
function checkAnalytic(name: string, { energy, cost, clamped }: ClampedProblem, { kind }: Dynamics): void {
  if (kind === 'anderson' || kind === 'langevin') {
    throw new ArgumentError(
      `${name} cannot be ${kind} where beta is complex: take euler, fixedPoint or coordinateDescent`,
    );
  }
  for (const [layerName, layer] of energy.layers) {
    if (clamped.has(layer)) continue;
    if (!activations[layer.activation].complex) {
      throw new ArgumentError(
        `${name} cannot have a complex beta, as '${layerName}' has the activation ${layer.activation}, which is not analytic: take sigmoid, tanh or linear`,
      );
    }
    if (!responseOf(energy, layer) && layer.range.some(Number.isFinite)) {
      throw new ArgumentError(
        `${name} cannot have a complex beta, as '${layerName}' has the range [${layer.range.join(', ')}], and to clip is not analytic: take an unbounded range`,
      );
    }
  }
  for (const [interactionName, { quadratic, complex }] of energy.interactions) {
    if (quadratic || complex) continue;
    throw new ArgumentError(
      `${name} cannot have a complex beta, as '${interactionName}' is neither quadratic nor has complex derivatives`,
    );
  }
  if (cost.quadratic || cost.complex) return;
  throw new ArgumentError(
    `${name} cannot have a complex beta, as the cost ${cost.kind} is neither quadratic nor has a complex derivative`,
  );
}

/** @throws ArgumentError where forces come from no energy */
function checkConservative(name: string, { energy }: ClampedProblem): void {
  for (const [interactionName, { entersForceOn }] of energy.interactions) {
    if (!entersForceOn) continue;
    throw new ArgumentError(
      `${name} needs forces that come from an energy, but those of '${interactionName}' do not: take finiteDifferences`,
    );
  }
}
