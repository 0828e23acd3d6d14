/** What may be thrown, or be a signal's reason, and must not be asked what it is: `instanceof` would run a trap. */

type Origin = 'thrown' | 'reason';

const origins = new WeakMap<object, Origin>();

/** A Proxy, or an error that inherits from one. What its traps throw is nothing that any call may end with. */
export function unaskable(origin: Origin, kind: 'proxy' | 'heir'): object {
  const told = () => {
    throw new Error(`what was ${origin === 'reason' ? 'a reason' : 'thrown'} has been asked what it is`);
  };
  const proxy = new Proxy({}, Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, told])));
  const value = kind === 'proxy' ? proxy : Object.setPrototypeOf(new Error(), proxy);
  origins.set(value, origin);
  return value;
}

/** For what it was made here; undefined for everything else. Does not ask it. */
export function originOf(value: unknown): Origin | undefined {
  return typeof value === 'object' && value !== null ? origins.get(value) : undefined;
}
