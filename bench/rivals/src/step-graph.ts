/** A whole training step as one ONNX graph, so that JavaScript is left once a step. */

import type { Star } from '../../../dist/bench/star.js';
import { Graph } from './onnx.js';
import type { Task } from './wire.js';

/** The parameters by name, which the graph takes under this name and gives under this name and `Next`. */
export const PARAMETERS = ['input', 'join', 'rimBias', 'hubBias'] as const;

/** The name of the external file, and of the constant, that holds the join where it is one. */
export const CONSTANT = 'constantJoin';

/** Two values: of the rim and of the hub. */
type Pair = readonly [rim: string, hub: string];

export function shapesOf(star: Star): Readonly<Record<(typeof PARAMETERS)[number], readonly [number, number]>> {
  return {
    input: [star.inputs, star.hidden],
    join: [star.rim, star.hub],
    rimBias: [1, star.rim],
    hubBias: [1, star.hub],
  };
}

/**
 * Inputs: images `x` [batch, inputs], `pull` [batch, rim or hub], and the parameters. Outputs: the parameters after the
 * step, `rim` and `hub`: the states at the end of the free phase.
 * @param isConstant whether the free phase is a loop whose join is external data, else it is unrolled and its join an input
 */
export function stepGraph(star: Star, task: Task, isConstant: boolean): Uint8Array {
  const { batch, stepSize } = task;
  const { free, nudged } = task.case;
  const graph = new Graph();
  const shapes = shapesOf(star);
  const pairShapes = [
    [batch, star.rim],
    [batch, star.hub],
  ];
  const x = graph.input('x', [batch, star.inputs]);
  const pull = graph.input('pull', [batch, star.isOutputHub ? star.hub : star.rim]);
  for (const name of PARAMETERS) graph.input(name, shapes[name]);
  if (isConstant) graph.external(CONSTANT, shapes.join);
  const half = graph.floats([stepSize]);
  const [zero, one] = [graph.floats([0]), graph.floats([1])];
  const clip = (g: Graph, value: string) => g.op('Clip', [value, zero, one]);

  /** One iteration. Nudged, what units keep differs from one to another and takes a product of its own. */
  const iterate = (g: Graph, join: string, [rim, hub]: Pair, base: Pair, keeps?: Pair): [string, string] => {
    const next = (state: string, other: string, i: 0 | 1) => {
      const kept = keeps ? g.op('Mul', [state, keeps[i]]) : state;
      const scales = { alpha: stepSize, gamma: keeps ? 1 : 1 - stepSize, transposeB: i === 0 };
      return clip(g, g.op('Add', [g.gemm([other, join, kept], scales), base[i]]));
    };
    return [next(rim, hub, 0), next(hub, rim, 1)];
  };
  const unrolled = (iterations: number, start: Pair, base: Pair, keeps?: Pair): Pair => {
    let states = start;
    for (let t = 0; t < iterations; t++) states = iterate(graph, 'join', states, base, keeps);
    return states;
  };
  const looped = (iterations: number, start: Pair, base: Pair): Pair => {
    const step = (body: Graph, [rim, hub]: string[]) => iterate(body, CONSTANT, [rim, hub], base);
    const [rim, hub] = graph.loop(iterations, start, pairShapes, step);
    return [rim, hub];
  };

  // What the input and the biases drive, once. The first iteration from zero is that, clipped.
  const driven = graph.op('Mul', [graph.op('MatMul', [x, 'input']), half]);
  const beside = graph.integers([0, 0, 0, star.rim - star.hidden]);
  const wide = star.isOutputHub ? driven : graph.op('Pad', [driven, beside]);
  const hubBias = graph.op('Mul', ['hubBias', half]);
  const base: Pair = [
    graph.op('Add', [wide, graph.op('Mul', ['rimBias', half])]),
    graph.op('Expand', [hubBias, graph.integers([batch, star.hub])]),
  ];
  const first: Pair = [clip(graph, base[0]), clip(graph, base[1])];
  const rest = (isConstant ? looped : unrolled)(free - 1, first, base);
  const nudgedBase: Pair = star.isOutputHub
    ? [base[0], graph.op('Add', [base[1], pull])]
    : [graph.op('Add', [base[0], pull]), base[1]];
  const keeps: Pair = [graph.floats(star.rimKeeps, [1, star.rim]), graph.floats(star.hubKeeps, [1, star.hub])];
  const [rim, hub] = unrolled(nudged, rest, nudgedBase, keeps);

  // Outer products with the weights as what they are added to: a parameter is read and written once.
  const rimMoved = graph.op('Sub', [rim, rest[0]]);
  const columns = [graph.integers([0]), graph.integers([star.hidden]), graph.integers([1])];
  const hiddenMoved = star.isOutputHub ? rimMoved : graph.op('Slice', [rimMoved, ...columns]);
  graph.gemm([x, hiddenMoved, 'input'], { alpha: star.inputRate / batch, transposeA: true }, 'inputNext');
  const rims = graph.op('Concat', [rim, rest[0]], { axis: { i: 0 } });
  const rated = graph.op('Mul', [rims, graph.floats(star.joinRates, [1, star.rim])]);
  const hubs = graph.op('Concat', [hub, graph.op('Neg', [rest[1]])], { axis: { i: 0 } });
  graph.gemm([rated, hubs, 'join'], { alpha: 1 / batch, transposeA: true }, 'joinNext');
  const mean = (value: string) => graph.op('ReduceMean', [value], { axes: { ints: [0] } });
  const rimStep = graph.op('Mul', [mean(rimMoved), graph.floats(star.rimRates, [1, star.rim])]);
  graph.op('Add', ['rimBias', rimStep], {}, 'rimBiasNext');
  const hubStep = graph.op('Mul', [mean(graph.op('Sub', [hub, rest[1]])), graph.floats([star.hubRate])]);
  graph.op('Add', ['hubBias', hubStep], {}, 'hubBiasNext');

  for (const name of PARAMETERS) graph.output(`${name}Next`, shapes[name]);
  graph.op('Identity', [rest[0]], {}, 'rim');
  graph.op('Identity', [rest[1]], {}, 'hub');
  graph.output('rim', pairShapes[0]);
  graph.output('hub', pairShapes[1]);
  return graph.encode();
}
