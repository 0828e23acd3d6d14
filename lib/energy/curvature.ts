import type { Energy } from './energy.js';
import type { Interaction } from './interaction.js';
import type { Layer } from './layer.js';

/**
 * What ∂²E/∂s² of every unit of a layer is at most, without what depends on parameters: the sum of the constant
 * curvatures. Undefined where some interaction is neither linear in the layer nor says its curvature.
 * @param absent layers whose interactions do not count
 */
export function curvatureOf(energy: Energy, layer: Layer, absent?: ReadonlySet<Layer>): number | undefined {
  let total = 0;
  for (const { linear, curvature } of interactionsOn(energy, layer, absent)) {
    if (linear) continue;
    if (curvature === undefined) return undefined;
    if (typeof curvature === 'number') total += curvature;
  }
  return total;
}

/**
 * The interaction on a layer that has a response, where all others are linear in the layer: the layer's minimiser is
 * then response(minus the others' derivative). Undefined where there is no such interaction, more than one, or another
 * that is not linear.
 * @param absent likewise
 */
export function responseOf(
  energy: Energy,
  layer: Layer,
  absent?: ReadonlySet<Layer>,
): (Interaction & Required<Pick<Interaction, 'response'>>) | undefined {
  const curved = interactionsOn(energy, layer, absent).filter(({ linear }) => !linear);
  return curved.length === 1 && hasResponse(curved[0]) ? curved[0] : undefined;
}

function hasResponse(interaction: Interaction): interaction is Interaction & Required<Pick<Interaction, 'response'>> {
  return interaction.response !== undefined;
}

/** What acts on a layer, without what acts on an absent one, too. */
export function interactionsOn(energy: Energy, layer: Layer, absent?: ReadonlySet<Layer>): Interaction[] {
  return [...energy.interactions.values()].filter(
    ({ layers }) => layers.includes(layer) && !layers.some((other) => absent?.has(other)),
  );
}
