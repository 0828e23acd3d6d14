import type { Energy } from './energy.js';
import type { Layer } from './layer.js';

/**
 * ∂²E/∂s² of every unit of a layer, where it is one constant number: the sum of its leaks, if all other interactions are
 * linear in it. Undefined where the energy is not quadratic in the layer's states.
 */
export function curvatureOf(energy: Energy, layer: Layer): number | undefined {
  let total = 0;
  for (const interaction of energy.interactions.values()) {
    if (!interaction.layers.includes(layer)) continue;
    const own = interaction.linear ? 0 : interaction.curvature;
    const curvature = typeof own === 'function' ? 0 : own;
    if (curvature === undefined) return undefined;
    total += curvature;
  }
  return total;
}

export function responseOf(energy: Energy, layer: Layer): ((x: number) => number) | undefined {
  let response: ((x: number) => number) | undefined;
  for (const interaction of energy.interactions.values()) {
    if (!interaction.layers.includes(layer) || interaction.linear) continue;
    if (response || !interaction.response) return undefined;
    response = interaction.response;
  }
  return response;
}
