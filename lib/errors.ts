import { isProxy } from 'node:util/types';
import { printable } from './printable.js';

/** The codes of all errors, each with its class: below, and in `docs/errors.md`. */
export type ErrorCode =
  | 'ERR_ARGUMENT'
  | 'ERR_SHAPE'
  | 'ERR_NAME'
  | 'ERR_DATA'
  | 'ERR_FILE'
  | 'ERR_ENGINE'
  | 'ERR_BUSY'
  | 'ERR_DISPOSED'
  | 'ERR_DIVERGED'
  | 'ERR_MEMORY'
  | 'ERR_INTERNAL';

/** The class of every error that the package throws, save the `AbortError` of an aborted signal. */
export class EqpropError extends Error {
  /** What is wrong, for programs; docs/errors.md lists them. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * `instanceof` for what another's code may have thrown, or made the reason of a signal: a Proxy, in it or in what it inherits
 * from, is not asked.
 */
export function isError<T extends Error>(thrown: unknown, type: abstract new (...args: never[]) => T): thrown is T {
  let at = thrown;
  while (typeof at === 'object' && at !== null && !isProxy(at)) {
    at = Object.getPrototypeOf(at);
    if (at === type.prototype) return true;
  }
  return false;
}

/** An argument has a wrong type or value: `ERR_ARGUMENT`, a wrong shape or length: `ERR_SHAPE`, or names what does
 * not exist: `ERR_NAME`. */
export class ArgumentError extends EqpropError {
  constructor(
    message: string,
    code: 'ERR_ARGUMENT' | 'ERR_SHAPE' | 'ERR_NAME' = 'ERR_ARGUMENT',
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** Data or a file that cannot be used. `ERR_FILE`: it cannot be opened, read or written; `ERR_DATA`: its content is
 * not what it should be. */
export class DataError extends EqpropError {
  constructor(code: 'ERR_FILE' | 'ERR_DATA', message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** The engine that was asked for does not run here, or cannot do what was asked: `ERR_ENGINE`; the system has no memory for
 * it: `ERR_MEMORY`; or it broke a promise of its own, which is a bug to report: `ERR_INTERNAL`. */
export class EngineError extends EqpropError {
  constructor(
    message: string,
    code: 'ERR_ENGINE' | 'ERR_MEMORY' | 'ERR_INTERNAL' = 'ERR_ENGINE',
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** What is asked for cannot be had now: a second `fit` while one runs, a checkpoint folder that another training uses
 * (`ERR_BUSY`), any call after `dispose` (`ERR_DISPOSED`). */
export class StateError extends EqpropError {
  constructor(code: 'ERR_BUSY' | 'ERR_DISPOSED', message: string) {
    super(code, message);
  }
}

/** What ceased to be finite: states of a layer, values, a gradient or a velocity of a parameter, or sums over them. */
export type DivergenceKind =
  | 'state'
  | 'parameter'
  | 'gradient'
  | 'velocity'
  | 'energy'
  | 'cost'
  | 'readOut'
  | 'validation';

/**
 * A number ceased to be finite: `ERR_DIVERGED`. A training looks at every update, and says which.
 *
 * What is computed is lost; what the model then holds depends on what is named. A parameter has overflowed in the update, and
 * all parameters are as that left them. Anything else was seen before an update, and parameters are those from before.
 */
export class DivergenceError extends EqpropError {
  /** The update, counted from 1 since the start of the training; in a call that trains nothing, the iteration of the phase, or
   * 0 where all states were finite. */
  readonly step: number;
  /** What ceased to be finite. */
  readonly kind: DivergenceKind;
  /** The name of the layer or the parameter, or, of a sum, its kind. */
  readonly tensor: string;

  constructor(during: 'training' | 'settling', step: number, kind: DivergenceKind, tensor: string = kind) {
    const [when, advice] =
      during === 'training'
        ? [`training stopped at step ${step}`, 'lower the learning rate or the step size of the dynamics']
        : [
            step > 0 ? `settling stopped at iteration ${step}` : 'a number has overflowed',
            'lower the step size of the dynamics or the parameters',
          ];
    super('ERR_DIVERGED', `${when}: ${PHRASES[kind](printable(tensor, 200))} is not finite; ${advice}`);
    this.step = step;
    this.kind = kind;
    this.tensor = tensor;
  }
}

const PHRASES: Readonly<Record<DivergenceKind, (tensor: string) => string>> = {
  state: (layer) => `the state of '${layer}'`,
  parameter: (parameter) => `the parameter '${parameter}'`,
  gradient: (parameter) => `the gradient of '${parameter}'`,
  velocity: (parameter) => `the velocity of '${parameter}'`,
  energy: () => 'the energy of the free phase',
  cost: () => 'the cost',
  readOut: () => 'the read-out',
  validation: () => 'a number of the validation',
};
