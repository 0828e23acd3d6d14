import { unaskable } from './unaskable.js';

/** Makes a real signal, of which something is hostile. */
export interface SignalMaker {
  readonly what: string;
  /** Whether a call must be under way when it does something. */
  readonly later?: boolean;
  /** @param attack what is run where the signal is asked something */
  make(attack: () => never): AbortSignal;
}

/** All by which Node or others may ask a signal, also what only Node knows of. */
const KEYS = [AbortSignal.prototype, EventTarget.prototype, new AbortController().signal].flatMap((object) =>
  Reflect.ownKeys(object),
);

/** Stands for a value, a getter or a method. */
const OWN = [...new Set(KEYS)].flatMap((key): SignalMaker[] =>
  [true, false].map((isMethod) => ({
    what: `whose ${String(key)} ${isMethod ? 'is a function that throws' : 'throws'}`,
    make(attack) {
      const { signal } = new AbortController();
      const property = isMethod ? { value: attack } : { get: attack, set: () => {} };
      return Object.defineProperty(signal, key, { ...property, configurable: true });
    },
  })),
);

/** Aborts at the next turn of the loop. */
function soon(reason: unknown, prepare = (_: AbortSignal) => {}): AbortSignal {
  const controller = new AbortController();
  prepare(controller.signal);
  setImmediate(() => controller.abort(reason));
  return controller.signal;
}

const reasonOfAborted = Object.getOwnPropertySymbols(AbortSignal.abort()).find((key) => /Reason/.test(String(key)));

export const SIGNALS: readonly SignalMaker[] = [
  ...OWN,
  {
    what: 'whose constructor throws the second time',
    make(attack) {
      let asked = 0;
      const get = () => (asked++ === 0 ? AbortSignal : attack());
      return Object.defineProperty(new AbortController().signal, 'constructor', { get });
    },
  },
  {
    what: 'that inherits from nothing',
    make: () => Object.setPrototypeOf(new AbortController().signal, null),
  },
  {
    what: 'that inherits from a Proxy',
    make: (attack) => Object.setPrototypeOf(new AbortController().signal, new Proxy({}, { get: attack, has: attack })),
  },
  {
    what: 'that says it has aborted, and has not',
    later: true,
    make() {
      const { signal } = new AbortController();
      setImmediate(() => signal.dispatchEvent(new Event('abort')));
      return signal;
    },
  },
  {
    what: 'that aborts, whose reason cannot be read',
    later: true,
    make: (attack) =>
      soon(1, (signal) => {
        if (reasonOfAborted) Object.defineProperty(signal, reasonOfAborted, { get: attack, set: () => {} });
      }),
  },
  ...(['proxy', 'heir'] as const).flatMap((kind): SignalMaker[] => [
    { what: `that has aborted, its reason a ${kind}`, make: () => AbortSignal.abort(unaskable('reason', kind)) },
    { what: `that aborts, its reason a ${kind}`, later: true, make: () => soon(unaskable('reason', kind)) },
  ]),
];
