import { describe } from '../../check.js';
import type { Cost } from '../../energy/cost.js';
import type { Interaction } from '../../energy/interaction.js';
import { isShipped, isShippedCost } from '../../energy/shipped.js';
import { ArgumentError, EqpropError } from '../../errors.js';

/** Methods that a user's own interaction or cost may have, and which of their arguments they add to. */
const METHODS = ['energy', 'stateGradient', 'parameterGradient', 'value', 'readOut'] as const;

/** An interaction whose mistakes are found where they happen, and named; the package's own is left as it is. */
export function guardedInteraction(name: string, interaction: Interaction): Interaction {
  return isShipped(interaction) ? interaction : guarded(`interaction '${name}'`, interaction);
}

/** The same for a cost. */
export function guardedCost(cost: Cost): Cost {
  return isShippedCost(cost) ? cost : guarded(`cost '${cost.name ?? cost.kind}'`, cost);
}

function guarded<T extends object>(who: string, owner: T): T {
  const copy: T = Object.create(owner);
  for (const method of METHODS) {
    const original = (owner as Record<string, unknown>)[method];
    if (typeof original !== 'function') continue;
    const call = (...args: unknown[]) => checkedCall(`${method} of ${who}`, () => original.apply(owner, args), args);
    Object.defineProperty(copy, method, { value: call });
  }
  return copy;
}

/** @throws ArgumentError if the call throws, returns something, or leaves a number that is none in its last argument */
function checkedCall(what: string, call: () => unknown, args: readonly unknown[]): void {
  let returned: unknown;
  try {
    returned = call();
  } catch (error) {
    if (error instanceof EqpropError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ArgumentError(`${what} must not throw, but it threw: ${why}`, 'ERR_ARGUMENT', { cause: error });
  }
  if (returned !== undefined) {
    throw new ArgumentError(
      `${what} must add to its last argument and return nothing, but it returned ${describe(returned)}`,
    );
  }
  const sum = args[args.length - 1] as Float64Array;
  const wrong = sum.findIndex(Number.isNaN);
  if (wrong >= 0) throw new ArgumentError(`${what} must add numbers, but left NaN at index ${wrong}`);
}
