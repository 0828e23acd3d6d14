import { checkArray, checkNumber, checkShape, checkString, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { ParameterSpec } from './interaction.js';

/**
 * The parameters of an interaction or a cost; `owner` is what errors call it.
 * @throws ArgumentError for a parameter without a name, shape or `initialise`, a bound that is no number, or two of one
 * name
 */
export function checkParameters(owner: string, parameters: readonly ParameterSpec[]): void {
  const names = new Set<string>();
  checkArray(`${owner} parameters`, parameters).forEach((given, p) => {
    const what = `${owner} parameters[${p}]`;
    if (typeof given !== 'object' || given === null) {
      throw new ArgumentError(
        `${what} must be an object with name, shape and initialise, but ${describe(given)} was given`,
      );
    }
    const { name, shape, least, initialise } = given as Partial<ParameterSpec>;
    checkString(`${what} name`, name);
    checkShape(`${what} shape`, shape);
    if (least !== undefined) checkNumber(`${what} least`, least);
    if (typeof initialise !== 'function') {
      throw new ArgumentError(`${what} initialise must be a function, but ${describe(initialise)} was given`);
    }
    if (names.has(name as string)) {
      throw new ArgumentError(`two parameters of ${owner} have the name '${name}'`, 'ERR_NAME');
    }
    names.add(name as string);
  });
}
