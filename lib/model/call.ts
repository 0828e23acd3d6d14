/** What a call of `settle` clamps, and what it leaves free. */

import { isUint8Array } from 'node:util/types';
import { checkFloats, checkOptions, describe, type Floats } from '../check.js';
import type { Energy } from '../energy/energy.js';
import type { Interaction } from '../energy/interaction.js';
import type { Layer } from '../energy/layer.js';
import { ArgumentError } from '../errors.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { Start } from '../phases/start.js';
import { checkFrom, checkInput, checkTarget } from './checks.js';

/** The states that a layer is clamped to in a call. */
export type Clamp =
  | Floats
  | {
      /** [batch, ...shape]; what stands at units that are not clamped is of no meaning. */
      values: Floats;
      /** [...shape], or [batch, ...shape]: 1 where a unit is clamped, 0 where it is free. */
      mask: Uint8Array;
    };

/** The end of a settling; lists are by example. */
export interface Equilibrium {
  /** States by layer name, row-major [batch, ...shape]. */
  readonly state: Readonly<Record<string, Floats>>;
  /** The nudge under which the states settled. */
  readonly beta: number;
  /** E, without β C. */
  readonly energy: Float64Array;
  /** C, where a target was given. */
  readonly cost?: Float64Array;
  /** The largest change of a state in the last step. */
  readonly residual: Float64Array;
  /** How many were taken. */
  readonly iterations: Uint32Array;
  /** Whether the residual reached the dynamics' tolerance. */
  readonly converged: readonly boolean[];
}

/** What {@link Model.settle} takes: which states are held, how far the output is nudged, from where and how it settles. */
export interface SettleOptions {
  /** [batch, ...shape of the input layer]. Left out, the input layer settles like any other. */
  input?: Floats | undefined;
  /** By layer name: other states to clamp, of whole layers or of some of their units. */
  clamp?: Readonly<Record<string, Clamp>> | undefined;
  /** [batch, ...shape of a target]; needed where β is not 0. */
  target?: Floats | undefined;
  /** [batch], at least 0: what each example's cost is multiplied by. Default: 1. */
  weights?: Floats | undefined;
  /** The nudge. Default 0: the free phase. */
  beta?: number | undefined;
  /** The equilibrium to start from, in the place of `start`. */
  from?: Pick<Equilibrium, 'state'> | undefined;
  /** Where free layers start. Default: the model's start. */
  start?: Start | undefined;
  /** Default: the model's. */
  dynamics?: Dynamics | undefined;
  /** Ends the call, which then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

/** Examples to take a gradient of. */
export interface GradientBatch {
  /** [batch, ...shape of the input layer] */
  input: Floats;
  /** [batch, ...shape of a target] */
  target: Floats;
  /** [batch], at least 0: what each example's cost is multiplied by. Default: 1. */
  weights?: Floats | undefined;
  /** Where phases start that come from no other. Default: the model's start. */
  start?: Start | undefined;
  /** Ends the call, which then rejects with its reason. */
  signal?: AbortSignal | undefined;
}

export const GRADIENT_BATCH = ['input', 'target', 'weights', 'start', 'signal'];

/** What `record` takes. */
export interface RecordOptions extends SettleOptions {
  /** Whether to return how ∂E/∂θ changes in each step. Default false. */
  updates?: boolean | undefined;
}

export const SETTLE_OPTIONS = ['input', 'clamp', 'target', 'weights', 'beta', 'from', 'start', 'dynamics', 'signal'];
export const RECORD_OPTIONS = [...SETTLE_OPTIONS, 'updates'];

/** A call's clamps, by layer in the energy's order. */
export interface Clamping {
  readonly batch: number;
  /** Layers that are clamped wholly. */
  readonly clamped: ReadonlySet<Layer>;
  /** Their states, and those that free layers start from. */
  readonly states: (Floats | undefined)[];
  /** [batch, units]: 1 where a unit of a free layer is held. */
  readonly held: (Uint8Array | undefined)[];
}

interface Request {
  readonly input?: Floats | undefined;
  readonly clamp?: Readonly<Record<string, Clamp>> | undefined;
  readonly from?: { state: unknown } | undefined;
}

/**
 * Which layers a call clamps: the input, if it is given, and what `clamp` names. All others are free, even those that were made
 * to be clamped.
 * @throws ArgumentError for layers that do not exist, wrong shapes, numbers that are not finite, or nothing at all
 */
export function clampingOf(what: string, energy: Energy, input: Layer, request: Request): Clamping {
  const names = [...energy.layers.keys()];
  const clamps = new Map<Layer, { name: string; values: Floats; mask: unknown }>();
  if (request.input !== undefined) clamps.set(input, { name: `${what} input`, values: request.input, mask: undefined });
  const given = checkOptions(`${what} clamp`, request.clamp ?? {}, names, [], 'layer') as Record<string, Clamp>;
  for (const [layerName, clamp] of Object.entries(given)) {
    const layer = energy.layers.get(layerName);
    if (!layer) continue; // checked above
    if (clamps.has(layer)) {
      throw new ArgumentError(`${what} clamp must not name '${layerName}' where input is given, as that is the input`);
    }
    clamps.set(layer, parted(`${what} clamp.${layerName}`, clamp));
  }
  const [first] = clamps;
  if (!first) throw new ArgumentError(`${what} input or clamp must be given, as nothing else says what to settle for`);
  const batch = checkInput(first[1].name, first[1].values, first[0]);

  const clamped = new Set([...clamps].filter(([, { mask }]) => mask === undefined).map(([layer]) => layer));
  const states =
    request.from === undefined
      ? names.map(() => undefined)
      : checkFrom(`${what} from`, request.from, energy, clamped, batch);
  const held: (Uint8Array | undefined)[] = names.map(() => undefined);
  for (const [i, layer] of [...energy.layers.values()].entries()) {
    const clamp = clamps.get(layer);
    if (!clamp) continue;
    const values = checkTarget(clamp.name, clamp.values, layer.shape, batch);
    if (clamp.mask === undefined) states[i] = values;
    else {
      const mask = checkMask(`${clamp.name} mask`, clamp.mask, layer, batch);
      held[i] = mask;
      states[i] = mixed(layer, values, mask, states[i]);
    }
  }
  checkBounded(what, energy, clamped);
  return { batch, clamped, states, held };
}

function parted(name: string, clamp: Clamp): { name: string; values: Floats; mask: unknown } {
  if (ArrayBuffer.isView(clamp)) return { name, values: clamp, mask: undefined };
  const { values, mask } = checkOptions(name, clamp, ['values', 'mask']);
  if (mask === undefined) throw new ArgumentError(`${name} must have a mask beside its values: or give an array alone`);
  return { name, values: checkFloats(`${name} values`, values), mask };
}

/** One mask for the batch, or one for each example: [batch, units]. */
function checkMask(name: string, mask: unknown, { size, shape }: Layer, batch: number): Uint8Array {
  if (!isUint8Array(mask) || (mask.length !== size && mask.length !== batch * size)) {
    throw new ArgumentError(
      `${name} must be a Uint8Array of ${size} numbers ([${shape.join(', ')}]) or ${batch * size} ([${[batch, ...shape].join(', ')}]), but ${describe(mask)} was given`,
      'ERR_SHAPE',
    );
  }
  const wrong = mask.findIndex((m) => m > 1);
  if (wrong >= 0) throw new ArgumentError(`${name} must hold 0 and 1, but ${mask[wrong]} stands at index ${wrong}`);
  if (mask.length === batch * size) return mask.slice();
  return Uint8Array.from({ length: batch * size }, (_, j) => mask[j % size]);
}

/** The clamped units' values, and for the others what they start from: zero, or the nearest that the range allows. */
function mixed(layer: Layer, values: Floats, mask: Uint8Array, from: Floats | undefined): Float64Array {
  const zero = Math.min(Math.max(0, layer.range[0]), layer.range[1]);
  return Float64Array.from(mask, (held, j) => (held ? values[j] : from ? from[j] : zero));
}

/** Refuses to let a layer go that nothing would stop. @throws ArgumentError */
function checkBounded(what: string, energy: Energy, clamped: ReadonlySet<Layer>): void {
  for (const [name, layer] of energy.layers) {
    if (clamped.has(layer) || !layer.clamped || layer.range.every(Number.isFinite)) continue;
    const own = [...energy.interactions.values()].filter(({ layers }) => layers.includes(layer));
    if (own.some(curvesUpwards)) continue;
    throw new ArgumentError(
      `${what} input or clamp must give '${name}', as nothing else bounds it: or give the layer a range or a leak, then it settles, too`,
    );
  }
}

/** Whether an interaction can stop a layer that it acts on; one that says nothing of its curvature is believed. */
function curvesUpwards({ linear, curvature, response }: Interaction): boolean {
  return !linear && (response !== undefined || typeof curvature !== 'number' || curvature > 0);
}

/** Where a call starts that says so: `from` what is given, which stands in the place of zero, or at `start`.
 * @throws ArgumentError for both */
export function checkSettleStart(what: string, { from, start }: SettleOptions): Start | undefined {
  if (from === undefined) return start;
  if (start === undefined) return 'zero';
  throw new ArgumentError(`${what} start must be left out where from is given, but ${describe(start)} was given`);
}

/** @throws ArgumentError for a β that is no number, or one that can nudge nothing */
export function checkNudge(what: string, beta: unknown, targets: Floats | undefined, outputClamped: boolean): void {
  if (typeof beta !== 'number' || !Number.isFinite(beta)) {
    throw new ArgumentError(`${what} beta must be a finite number, but ${describe(beta)} was given`);
  }
  if (beta === 0) return;
  if (!targets) throw new ArgumentError(`${what} target must be given where beta is not 0`);
  if (outputClamped) {
    throw new ArgumentError(`${what} beta must be 0 where the output is clamped, but ${beta} was given`);
  }
}
