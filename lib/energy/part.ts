/** What the shipped interactions and costs have in common: checks of their arguments, and initial values. */

import { checkInstance, checkNumber, checkString } from '../check.js';
import { ArgumentError } from '../errors.js';
import type { ParameterSpec } from './interaction.js';
import { Layer } from './layer.js';

export function checkLayer(name: string, value: unknown): Layer {
  return checkInstance(name, value, Layer, 'a layer');
}

export function checkPair(kind: string, pre: unknown, post: unknown): readonly [pre: Layer, post: Layer] {
  const pair = [checkLayer(`${kind} pre`, pre), checkLayer(`${kind} post`, post)] as const;
  if (pre === post) throw new ArgumentError(`${kind} must join two different layers, but one was given twice`);
  return pair;
}

export function checkName(kind: string, name: unknown): string | undefined {
  return name === undefined ? undefined : checkString(`${kind} name`, name);
}

export function checkGain(kind: string, gain: unknown): number | undefined {
  return gain === undefined ? undefined : checkNumber(`${kind} gain`, gain, 0);
}

/** The bound of initial weights that sum over `fanIn` units for each of `fanOut`: gain / √fanIn; without a gain,
 * √(6 / (fanIn + fanOut)) (Glorot and Bengio 2010). */
export function weightBound(gain: number | undefined, fanIn: number, fanOut: number): number {
  return gain === undefined ? Math.sqrt(6 / (fanIn + fanOut)) : gain / Math.sqrt(fanIn);
}

/** Draws from U(±bound). */
export function uniform(bound: number): ParameterSpec['initialise'] {
  return (data, random) => {
    for (let k = 0; k < data.length; k++) data[k] = bound * (2 * random.uniform() - 1);
  };
}
