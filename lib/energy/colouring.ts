import { isSet } from 'node:util/types';
import { checkInstance, describe } from '../check.js';
import { ArgumentError } from '../errors.js';
import { Energy } from './energy.js';
import type { Layer } from './layer.js';

/**
 * Colours of an energy's free layers, so that no two layers of one colour share an interaction: those of a colour can
 * go to their minimisers at once. Colours come in the order of their layers' distance from some layers, so that one sweep
 * carries what these say through the whole graph; layers of one distance that share an interaction have colours of their
 * own, given greedily. Of a chain, each layer is a colour. A layer whose units are joined to each other is one node like
 * any other.
 * @param clamped the layers that do not settle; by default those that were declared so
 * @param from where distances are counted from; by default the clamped layers. What nothing connects to them comes last.
 * @throws ArgumentError for what is no energy or no set
 */
export function colouring(
  energy: Energy,
  clamped: ReadonlySet<Layer> = declaredClamped(energy),
  from: ReadonlySet<Layer> = clamped,
): Layer[][] {
  checkInstance('colouring energy', energy, Energy, 'an energy, made by sum(…)');
  checkLayers('colouring clamped', clamped);
  checkLayers('colouring from', from);
  const neighbours = neighboursOf(energy);
  const groups: Layer[][] = [];
  for (const ring of ringsOf(energy, neighbours, clamped, from)) {
    const colours: Layer[][] = [];
    for (const layer of ring) {
      const next = neighbours.get(layer);
      const free = colours.find((group) => !group.some((other) => next?.has(other)));
      if (free) free.push(layer);
      else colours.push([layer]);
    }
    groups.push(...colours);
  }
  return groups;
}

function checkLayers(name: string, layers: ReadonlySet<Layer>): void {
  if (!isSet(layers)) throw new ArgumentError(`${name} must be a Set of layers, but ${describe(layers)} was given`);
}

/** The free layers from the clamped ones outwards: as a feed-forward pass and a free phase's sweep visit them. */
export function outwards(energy: Energy, clamped: ReadonlySet<Layer>): Layer[] {
  return colouring(energy, clamped).flat();
}

/** The free layers from the output inwards: as a nudged phase's sweep visits them. */
export function inwards(energy: Energy, clamped: ReadonlySet<Layer>, output: Layer): Layer[] {
  return colouring(energy, clamped, new Set([output])).flat();
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

/** The free layers by their distance, which no clamped layer on the way makes shorter: it carries nothing. */
function ringsOf(
  energy: Energy,
  neighbours: ReadonlyMap<Layer, ReadonlySet<Layer>>,
  clamped: ReadonlySet<Layer>,
  from: ReadonlySet<Layer>,
): Layer[][] {
  const all = [...energy.layers.values()];
  const left = new Set(all.filter((layer) => !clamped.has(layer)));
  const take = (wanted: (layer: Layer) => boolean): Layer[] => {
    const ring = [...left].filter(wanted);
    for (const layer of ring) left.delete(layer);
    return ring;
  };
  const rings = [take((layer) => from.has(layer))];
  for (let ring = all.filter((layer) => from.has(layer)); ring.length > 0; ) {
    const last = ring;
    ring = take((layer) => last.some((near) => neighbours.get(near)?.has(layer)));
    rings.push(ring);
  }
  rings.push([...left]);
  return rings;
}
