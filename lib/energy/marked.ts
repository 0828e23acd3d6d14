import { markMade } from '../own.js';
import type { ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';

interface Part {
  readonly layers?: readonly Layer[];
  readonly layer?: Layer;
  readonly parameters?: readonly ParameterSpec[];
}

/** Notes that a shipped interaction or cost is whole, and holds its lists still. It is frozen itself once an energy or a model
 * has it: until then a user's object may inherit from it, and say otherwise. */
export function markPart(part: Part): void {
  Object.freeze(part.layers);
  part.parameters?.forEach(markParameter);
  Object.freeze(part.parameters);
  markMade(part);
}

/** The same for a parameter. */
export function markParameter(spec: ParameterSpec): void {
  if (Array.isArray(spec.shape)) Object.freeze(spec.shape);
  markMade(Object.freeze(spec));
}
