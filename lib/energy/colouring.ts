import { isSet } from 'node:util/types';
import { checkInstance, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { Energy } from './energy.js';
import type { Layer } from './layer.js';

/**
 * Colours of an energy's free layers, so that no two layers of one colour share an interaction: those of a colour can
 * go to their minimisers at once. Colours are given greedily to the layers in the order of their distance from the
 * clamped ones; of a chain, the odd layers have the first colour and the even ones the second. Layers of the first
 * colour come first. A layer whose units are joined to each other is one node like any other.
 * @param clamped the layers that do not settle; by default those that were declared so
 * @throws ArgumentError for what is no energy or no set
 */
export function colouring(energy: Energy, clamped: ReadonlySet<Layer> = declaredClamped(energy)): Layer[][] {
  checkInstance('colouring energy', energy, Energy, 'an energy, made by sum(…)');
  if (!isSet(clamped)) {
    throw new ArgumentError(`colouring clamped must be a Set of layers, but ${describe(clamped)} was given`);
  }
  const neighbours = neighboursOf(energy);
  const colourOf = new Map<Layer, number>();
  const groups: Layer[][] = [];
  for (const layer of byDistance(energy, neighbours, clamped)) {
    const taken = new Set([...(neighbours.get(layer) ?? [])].map((other) => colourOf.get(other)));
    let colour = 0;
    while (taken.has(colour)) colour++;
    colourOf.set(layer, colour);
    groups[colour] ??= [];
    groups[colour].push(layer);
  }
  return groups;
}

/** The free layers from the clamped ones outwards: in the order of their distance, as a feed-forward pass visits them. */
export function outwards(energy: Energy, clamped: ReadonlySet<Layer>): Layer[] {
  return byDistance(energy, neighboursOf(energy), clamped);
}

/** The layers that were made to be clamped. */
export function declaredClamped(energy: Energy): ReadonlySet<Layer> {
  checkInstance('energy', energy, Energy, 'an energy, made by sum(…)');
  return new Set([...energy.layers.values()].filter((layer) => layer.clamped));
}

function neighboursOf(energy: Energy): Map<Layer, Set<Layer>> {
  const neighbours = new Map([...energy.layers.values()].map((layer) => [layer, new Set<Layer>()]));
  for (const { layers } of energy.interactions.values()) {
    for (const a of layers) for (const b of layers) if (a !== b) neighbours.get(a)?.add(b);
  }
  return neighbours;
}

/** The free layers, those nearest to a clamped one first; what nothing connects to a clamped one comes last. */
function byDistance(energy: Energy, neighbours: Map<Layer, Set<Layer>>, clamped: ReadonlySet<Layer>): Layer[] {
  const all = [...energy.layers.values()];
  const seen = new Set(all.filter((layer) => clamped.has(layer)));
  for (const layer of seen) for (const next of neighbours.get(layer) ?? []) seen.add(next); // grows while it is walked
  for (const layer of all) seen.add(layer);
  return [...seen].filter((layer) => !clamped.has(layer));
}
