import { EqpropError } from '../../lib/errors.js';
import type { Target } from './targets.js';
import { originOf } from './unaskable.js';
import { type Attack, attack, Hostility } from './values.js';

/** Calls that take longer, in milliseconds, are taken for a hang. */
const PATIENCE = 10_000;

/** Makes one call with hostile arguments: how it breaks what is promised, or undefined. */
export function strike(target: Target, attack: Attack): Promise<string | undefined> {
  const self = attack.where === 'this' && target.self ? attack.makers[0]() : target.self?.();
  const args = armed(target.arguments(), attack);
  return judge(() => target.call(self, args), target.passesOn);
}

/** How a call breaks what is promised, or undefined.
 * @param passesOn whether what a caller's own function throws may come out as it is */
export async function judge(call: () => unknown, passesOn = false): Promise<string | undefined> {
  const late = Symbol('late');
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<symbol>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, late);
  });
  try {
    const outcome = await Promise.race([(async () => call())(), patience]);
    return outcome === late ? `did not end within ${PATIENCE} ms` : undefined;
  } catch (error) {
    return brokenBy(error, passesOn);
  } finally {
    clearTimeout(timer);
  }
}

function brokenBy(error: unknown, passesOn: boolean): string | undefined {
  const origin = originOf(error);
  if (origin) return origin === 'reason' || passesOn ? undefined : 'ended with what reading an argument threw';
  if (error instanceof EqpropError) {
    if (error.code === 'ERR_INTERNAL') return `an internal error: ${error.message}`;
    return /\n/.test(error.message) ? `a message of several lines: ${error.message}` : undefined;
  }
  if (error instanceof DOMException && error.name === 'AbortError') return undefined;
  if (passesOn && isOfCallback(error)) return undefined;
  return error instanceof Error ? `threw ${error.stack}` : `threw ${typeof error}`;
}

/** What a hostile callback throws, or JavaScript when a class is called as one. */
function isOfCallback(error: unknown): boolean {
  return error instanceof Hostility || (error instanceof TypeError && error.message.startsWith('Class constructor'));
}

/** The arguments after the attack. */
function armed(sound: unknown[], { where, index, depth, makers }: Attack): unknown[] {
  if (where === 'this') return sound;
  if (where === 'all') return makers.map((make) => make()).slice(0, Math.max(sound.length, 1) + (index % 2));
  const args = [...sound];
  const at = index % Math.max(args.length, 1);
  args[at] = where === 'part' ? replaced(args[at], index, depth, makers[0]) : makers[0]();
  return args;
}

/** A copy in which one part, at most so deep, is hostile, or comes from a hostile getter. */
function replaced(value: unknown, index: number, depth: number, make: () => unknown): unknown {
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value !== null && value.constructor === Object);
  if (!isPlain) return make();
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  const keys = Object.keys(copy);
  if (keys.length === 0 || index % 11 === 0)
    return Object.assign(copy, { [['x', 'beta', '__proto__'][index % 3]]: make() });
  const key = keys[index % keys.length];
  if (depth > 0) copy[key] = replaced(copy[key], Math.floor(index / keys.length), depth - 1, make);
  else if (index % 7 < 2) {
    // Read when it is asked for: another value each time, or none.
    Object.defineProperty(copy, key, { get: index % 7 === 0 ? make : attack, enumerable: true });
  } else copy[key] = make();
  return copy;
}
