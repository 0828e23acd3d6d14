/** What each error code means; `docs/errors.md` says more. */
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
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
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

/** The engine that was asked for does not run here, or cannot do what was asked: `ERR_ENGINE`. */
export class EngineError extends EqpropError {
  constructor(
    message: string,
    code: 'ERR_ENGINE' | 'ERR_MEMORY' | 'ERR_INTERNAL' = 'ERR_ENGINE',
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** The model is not in a state to do this: a second `fit` while one runs (`ERR_BUSY`), any call after `dispose`
 * (`ERR_DISPOSED`). */
export class StateError extends EqpropError {
  constructor(code: 'ERR_BUSY' | 'ERR_DISPOSED', message: string) {
    super(code, message);
  }
}

/** A training met a number that is not finite: `ERR_DIVERGED`. */
export class DivergenceError extends EqpropError {
  /** The update at which it was seen, counted from 1 since the start of the training. */
  readonly step: number;

  constructor(step: number, what: string) {
    super(
      'ERR_DIVERGED',
      `training stopped at step ${step}: ${what}; lower the learning rate or the step size of the dynamics`,
    );
    this.step = step;
  }
}
