/** Settling at complex β: the same forces, on complex states. */

import type { Activation } from '../../energy/activation.js';
import { type Complex, type ComplexArray, complexZeros } from '../../energy/complex.js';
import type { CoordinateDescent } from '../../phases/coordinate-descent.js';
import type { Euler } from '../../phases/euler.js';
import type { FixedPoint } from '../../phases/fixed-point.js';
import type { Force, Network, Part, States } from './network.js';
import { type Visit, visitsOf } from './rates.js';
import type { Pause, World } from './world.js';

/** Complex values of a batch by layer. */
export type ComplexStates = ComplexArray[];

export interface ComplexPhase {
  readonly beta: Complex;
  readonly dynamics: Euler | FixedPoint | CoordinateDescent;
}

/** The end of a phase of complex states, by example. */
export interface ComplexEnd {
  readonly states: ComplexStates;
  readonly activities: ComplexStates;
  readonly residual: Float64Array;
  readonly converged: Uint8Array;
}

/** Settles one phase of complex states, as `settle` does one of real states; there are no ranges to clip to. */
export async function settleComplex(
  network: Network,
  world: World,
  start: ComplexStates,
  { beta, dynamics }: ComplexPhase,
  pause: Pause,
): Promise<ComplexEnd> {
  const { batch } = world;
  const states = start.map(({ re, im }) => ({ re: re.slice(), im: im.slice() }));
  // A complex nudge bends no energy upwards; its size is the safe side of what it adds.
  const visits = visitsOf(network, world, dynamics, Math.hypot(...beta));
  const inPlace = dynamics.kind === 'coordinateDescent';
  const residual = new Float64Array(batch);
  const converged = new Uint8Array(batch);
  const resting = new Uint8Array(batch);
  let activities = complexActivities(network, states);
  for (let step = 1; step <= dynamics.iterations && resting.includes(0); step++) {
    for (let e = 0; e < batch; e++) if (!resting[e]) residual[e] = 0;
    const gradients = inPlace
      ? []
      : visits.map((visit) => complexGradient(network, world, visit, states, activities, beta));
    for (const [v, visit] of visits.entries()) {
      const gradient = gradients[v] ?? complexGradient(network, world, visit, states, activities, beta);
      moveComplex(network, visit, states[visit.layer], gradient, resting, residual);
    }
    activities = complexActivities(network, states);
    for (let e = 0; e < batch; e++) {
      converged[e] = residual[e] <= dynamics.tolerance ? 1 : 0;
      if (converged[e] && dynamics.tolerance > 0) resting[e] = 1;
    }
    await pause();
  }
  return { states, activities, residual, converged };
}

export function toComplex(states: States): ComplexStates {
  return states.map((s) => ({ re: s, im: new Float64Array(s.length) }));
}

/** ρ of complex states. */
function complexActivities(network: Network, states: ComplexStates): ComplexStates {
  return states.map((s, i) => {
    const { identity, complex } = network.rho[i];
    return identity || !complex ? s : mapped(s, complex.value);
  });
}

function mapped({ re, im }: ComplexArray, f: (s: Complex) => Complex): ComplexArray {
  const out = complexZeros(re.length);
  for (let j = 0; j < re.length; j++) [out.re[j], out.im[j]] = f([re[j], im[j]]);
  return out;
}

/** ∂F/∂s of one layer; of a layer with a response, without what responds. */
function complexGradient(
  network: Network,
  world: World,
  { layer, response }: Visit,
  states: ComplexStates,
  activities: ComplexStates,
  beta: Complex,
): ComplexArray {
  const length = states[layer].re.length;
  const onActivity = { re: world.constant[layer].slice(), im: new Float64Array(length) };
  const gradient = complexZeros(length);
  for (const force of network.forces[layer]) {
    if (force.constant || (response && force.interaction.response)) continue;
    const into = force.interaction.reads === 'state' ? gradient : onActivity;
    addComplexForce(force, network.valuesOf(force, states, activities), world.batch, into);
  }
  addThroughSlope(network.rho[layer], states[layer], onActivity, gradient);
  if (layer === network.output) addComplexNudge(network, world, states[layer], beta, gradient);
  return gradient;
}

/** gradient += ρ′(s) · onActivity */
function addThroughSlope(rho: Activation, s: ComplexArray, onActivity: ComplexArray, gradient: ComplexArray): void {
  for (let j = 0; j < s.re.length; j++) {
    const [a, b] = rho.complex && !rho.identity ? rho.complex.slope([s.re[j], s.im[j]]) : [1, 0];
    gradient.re[j] += a * onActivity.re[j] - b * onActivity.im[j];
    gradient.im[j] += a * onActivity.im[j] + b * onActivity.re[j];
  }
}

/** A quadratic energy's derivative is linear but for a constant: its real and its imaginary part are real derivatives. */
function addComplexForce(force: Force, values: readonly ComplexArray[], batch: number, gradient: ComplexArray): void {
  const { interaction, position, parameters } = force;
  if (interaction.complex) {
    interaction.complex.stateGradient(position, values, parameters, batch, gradient);
    return;
  }
  interaction.stateGradient(position, values.map(real), parameters, batch, gradient.re);
  interaction.stateGradient(position, values.map(imaginary), parameters, batch, gradient.im);
  const atZero = new Float64Array(gradient.im.length);
  interaction.stateGradient(position, values.map(zeros), parameters, batch, atZero);
  for (let j = 0; j < atZero.length; j++) gradient.im[j] -= atZero[j];
}

/** gradient += β w ∂C/∂s */
function addComplexNudge(
  network: Network,
  world: World,
  output: ComplexArray,
  beta: Complex,
  gradient: ComplexArray,
): void {
  const { cost, costParameters } = network;
  const { batch, targets, weights } = world;
  const slope = complexZeros(output.re.length);
  if (cost.complex) cost.complex.stateGradient(output, targets, costParameters, batch, [1, 0], slope);
  else {
    cost.stateGradient(output.re, targets, costParameters, batch, 1, slope.re);
    cost.stateGradient(output.im, targets, costParameters, batch, 1, slope.im);
    cost.stateGradient(new Float64Array(slope.im.length), targets, costParameters, batch, -1, slope.im);
  }
  const size = slope.re.length / batch;
  for (let j = 0; j < slope.re.length; j++) {
    const weight = weights[Math.floor(j / size)];
    gradient.re[j] += weight * (beta[0] * slope.re[j] - beta[1] * slope.im[j]);
    gradient.im[j] += weight * (beta[0] * slope.im[j] + beta[1] * slope.re[j]);
  }
}

function moveComplex(
  network: Network,
  { layer, curvature, nudge, rate, response }: Visit,
  state: ComplexArray,
  gradient: ComplexArray,
  resting: Uint8Array,
  residual: Float64Array,
): void {
  const { size } = network.layers[layer];
  const respond =
    response && network.forces[layer].find(({ interaction }) => interaction.response)?.interaction.complex;
  for (let j = 0; j < state.re.length; j++) {
    const e = Math.floor(j / size);
    if (resting[e]) continue;
    let step: Complex;
    if (respond?.response) {
      const [re, im] = respond.response([-gradient.re[j], -gradient.im[j]]);
      step = [rate * (re - state.re[j]), rate * (im - state.im[j])];
    } else {
      const factor = curvature ? rate / (curvature[j % size] + nudge[e]) : rate;
      step = [-factor * gradient.re[j], -factor * gradient.im[j]];
    }
    state.re[j] += step[0];
    state.im[j] += step[1];
    const change = Math.hypot(...step);
    if (change > residual[e] || Number.isNaN(change)) residual[e] = change;
  }
}

/**
 * gradient += Re[coefficient · ∂E/∂θ], summed over the batch, of one part. A quadratic energy's ∂E/∂θ is a quadratic form Q of
 * the values: Q(a + ib) = Q(a) − (Q(b) + Q(−b))/2 + Q(0) + i (Q(a + b) − Q(a − b))/2.
 */
export function addComplexTerm(
  part: Part,
  values: readonly ComplexArray[],
  [c, d]: Complex,
  batch: number,
  gradients: readonly Float64Array[],
): void {
  const { interaction, parameters, places } = part;
  places.forEach((place, k) => {
    const gradient = gradients[place];
    if (interaction.complex) {
      const both = complexZeros(gradient.length);
      interaction.complex.parameterGradient(k, values, parameters, batch, [c, d], both);
      for (let i = 0; i < gradient.length; i++) gradient[i] += both.re[i];
      return;
    }
    const add = (at: readonly Float64Array[], scale: number) => {
      if (scale !== 0) interaction.parameterGradient(k, at, parameters, batch, scale, gradient);
    };
    add(values.map(real), c);
    add(values.map(imaginary), -c / 2);
    add(
      values.map(({ im }) => im.map((x) => -x)),
      -c / 2,
    );
    add(values.map(zeros), c);
    add(
      values.map(({ re, im }) => re.map((x, j) => x + im[j])),
      -d / 2,
    );
    add(
      values.map(({ re, im }) => re.map((x, j) => x - im[j])),
      d / 2,
    );
  });
}

const real = ({ re }: ComplexArray) => re;
const imaginary = ({ im }: ComplexArray) => im;
const zeros = ({ re }: ComplexArray) => new Float64Array(re.length);
