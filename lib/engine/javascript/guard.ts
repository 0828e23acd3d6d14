import { describe } from '../../check.js';
import type { Cost } from '../../energy/cost.js';
import type { Interaction } from '../../energy/interaction.js';
import { isShipped, isShippedCost } from '../../energy/shipped.js';
import { ArgumentError, EqpropError, isError } from '../../errors.js';
import { reasonOf } from '../../own.js';

/** An interaction whose mistakes are found where they happen, and named; the package's own is left as it is. */
export function guardedInteraction(name: string, interaction: Interaction): Interaction {
  return isShipped(interaction) ? interaction : guarded(`interaction '${name}'`, interaction);
}

/** The same for a cost. */
export function guardedCost(cost: Cost): Cost {
  return isShippedCost(cost) ? cost : guarded(`cost '${cost.name ?? cost.kind}'`, cost);
}

/** A copy whose functions are looked at when they are called; its own are tied to the user's object already. */
function guarded<T extends object>(who: string, owner: T): T {
  const copy = { ...owner };
  for (const [field, value] of Object.entries(owner)) {
    if (typeof value === 'function') copy[field as keyof T] = watched(`${field} of ${who}`, value, owner) as never;
  }
  return copy;
}

/** @throws ArgumentError if a call throws, returns what it should not, or adds what is no number */
function watched(what: string, method: unknown, owner: object): unknown {
  return (...args: unknown[]) => {
    const sum = args[args.length - 1];
    const sound = sum instanceof Float64Array && args.every(isSound);
    let returned: unknown;
    try {
      returned = (method as (...all: unknown[]) => unknown).apply(owner, args);
    } catch (error) {
      if (isError(error, EqpropError)) throw error;
      throw new ArgumentError(`${what} must not throw, but it threw: ${reasonOf(error)}`, 'ERR_ARGUMENT', {
        cause: error,
      });
    }
    if (!(sum instanceof Float64Array)) return returned; // a response: one number from another
    if (returned !== undefined) {
      throw new ArgumentError(
        `${what} must add to its last argument and return nothing, but it returned ${describe(returned)}`,
      );
    }
    const wrong = sound ? sum.findIndex(Number.isNaN) : -1; // what came in as no number is not its fault
    if (wrong >= 0) throw new ArgumentError(`${what} must add numbers, but left NaN at index ${wrong}`);
    return undefined;
  };
}

/** Whether an argument holds finite numbers only, however deep. */
function isSound(arg: unknown): boolean {
  if (typeof arg === 'number') return Number.isFinite(arg);
  if (arg instanceof Float64Array) return arg.every(Number.isFinite);
  return !Array.isArray(arg) || arg.every(isSound);
}
