import { describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { ownFields, ownObject } from '../own.js';
import { type Anderson, anderson } from './anderson.js';
import { type CoordinateDescent, coordinateDescent } from './coordinate-descent.js';
import { type Euler, euler } from './euler.js';
import { type FixedPoint, fixedPoint } from './fixed-point.js';
import { type Langevin, langevin } from './langevin.js';

/** How a state settles. A value: the engines compute. */
export type Dynamics = Euler | FixedPoint | CoordinateDescent | Anderson | Langevin;

const KINDS = { euler, fixedPoint, coordinateDescent, anderson, langevin };

/** Dynamics, whether a function of the package made them or JSON says the same.
 * @throws ArgumentError for what is none */
export function checkDynamics(name: string, value: Dynamics): Dynamics {
  const { kind: _, ...options } = ownObject(name, value);
  const { kind } = ownFields(name, value, ['kind']);
  if (typeof kind !== 'string' || !Object.hasOwn(KINDS, kind)) {
    throw new ArgumentError(
      `${name} must be dynamics such as euler({ iterations: 20 }), but ${describe(value)} was given`,
    );
  }
  return KINDS[kind as Dynamics['kind']](options as never);
}
