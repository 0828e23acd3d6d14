import {
  bias,
  type Cost,
  conjugateLeak,
  crossEntropy,
  crossEntropyReadOut,
  type Dynamics,
  dense,
  euler,
  fixedPoint,
  type Interaction,
  type Layer,
  lateral,
  layer,
  leak,
  Model,
  memory,
  potential,
  squaredError,
  sum,
  withDecay,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';

/** A model drawn at random with examples for it. */
export interface RandomGraph {
  readonly model: Model;
  readonly input: Float64Array;
  readonly target: Float64Array;
  readonly weights: Float64Array;
  /** Dynamics that settle it to 1e-13. */
  readonly dynamics: Dynamics;
  /** What it is made of, for messages. */
  readonly about: string;
  /** Whether every ρ is analytic and nothing clips. */
  readonly smooth: boolean;
  /** Whether Euler's method is its dynamics and E quadratic in each layer's states. */
  readonly plain: boolean;
}

const batch = 3;

interface Draw {
  /** Whether laterals, potentials, memories and conjugate leaks may be drawn, too. Default true. */
  rich?: boolean;
  /** Whether layers may clip. Default true. */
  clipped?: boolean;
  /** Whether all activations are to be ρ(s) = s, which coordinate descent needs. Default false. */
  identity?: boolean;
}

/** The same seed gives the same graph: a chain, with skips, laterals and more; activations, sizes and cost drawn. */
export function randomGraph(seed: number, { rich = true, clipped = true, identity = false }: Draw = {}): RandomGraph {
  const random = new Random(seed);
  const chance = (p: number) => random.uniform() < p;
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  const one = <T>(items: readonly T[]): T => items[random.below(items.length)];

  const curved = identity ? [] : ['tanh', 'sigmoid'];
  const kinds = [...curved, 'linear', ...(clipped ? ['hardSigmoid'] : []), ...(rich ? ['conjugate'] : [])];
  const x = layer([between(2, 4)], { name: 'x', clamped: true });
  const parts: Interaction[] = [];
  const made: string[] = [];
  const layers: Layer[] = [x];
  const count = between(1, 3);
  let special = false;
  for (let i = 1; i <= count; i++) {
    // Euler's method, which a potential needs, would take tiny steps where a conjugate is steep: a graph has one of the two.
    const allowed = made.includes('potential') ? kinds.filter((k) => k !== 'conjugate') : kinds;
    const kind = i === count ? one(identity ? ['linear'] : ['linear', 'tanh']) : one(allowed);
    const size = between(2, 4);
    const settles =
      kind === 'conjugate'
        ? layer([size], { activation: 'linear', range: [0, 1] })
        : layer([size], { activation: kind as 'tanh' });
    made.push(`${kind}[${size}]`);
    if (kind === 'conjugate') parts.push(conjugateLeak(settles, 'sigmoid'));
    else parts.push(leak(settles, { strength: 1 + random.uniform() }));
    if (chance(0.8)) parts.push(bias(settles));
    const extra = random.uniform();
    if (kind === 'conjugate') special = true;
    else if (rich && extra < 0.3) {
      parts.push(lateral(settles, { gain: 0.3 }));
      made.push('lateral');
    } else if (rich && extra < 0.45) {
      parts.push(memory(settles, 3, { sharpness: 1.5, gain: 0.4 }));
      made.push('memory');
    } else if (rich && extra < 0.6 && !special && kind !== 'hardSigmoid') {
      parts.push(potential(settles, [0, 0.1, 0, 0.05, 0.1]));
      made.push('potential');
    }
    parts.push(dense(layers[i - 1], settles, { gain: 0.5 }));
    for (let before = 0; before < i - 1; before++) {
      if (!chance(0.4)) continue;
      parts.push(dense(layers[before], settles, { gain: 0.4 }));
      made.push(`skip ${before}→${i}`);
    }
    layers.push(settles);
  }
  const y = layers[count];
  const { cost, targets } = drawCost(y, random, one);
  made.push(cost.kind);
  const energy = sum(...parts);
  const decays = chance(0.2) && energy.parameters.size > 0;
  const [first] = energy.parameters.keys();
  const settings = { iterations: 20000, tolerance: 1e-14 };
  const dynamics = made.includes('potential')
    ? euler({ stepSize: 0.2, ...settings })
    : fixedPoint({ relaxation: 0.5, ...settings });
  const model = new Model({
    energy,
    cost: decays ? withDecay(cost, { [first]: 0.1 }) : cost,
    input: x,
    output: y,
    seed,
    engine: 'javascript',
  });
  const values: Record<string, Float64Array> = {};
  for (const [name, { shape }] of model.parameters) {
    if (!name.endsWith('.bias')) continue;
    values[name] = Float64Array.from({ length: shape[0] }, () => 0.4 * (random.uniform() - 0.5));
  }
  model.setParameters(values);
  return {
    model,
    input: Float64Array.from({ length: batch * x.size }, () => random.uniform()),
    target: targets(batch),
    weights: Float64Array.from({ length: batch }, () => 0.5 + random.uniform()),
    dynamics,
    about: `seed ${seed}: x[${x.size}] ${made.join(' ')}`,
    smooth: !made.some((m) => m.startsWith('hardSigmoid')),
    plain: !special && !made.includes('potential') && !made.includes('memory'),
  };
}

function drawCost(y: Layer, random: Random, one: <T>(items: readonly T[]) => T) {
  const classes = 3;
  const cost: Cost = one([
    () => squaredError(y),
    () => squaredError(y, { weights: Float64Array.from({ length: y.size }, () => random.uniform()) }),
    () => crossEntropy(y),
    () => crossEntropyReadOut(y, classes, { gain: 0.5 }),
  ])();
  const size = cost.kind === 'crossEntropyReadOut' ? classes : y.size;
  const targets = (examples: number) => {
    const values = new Float64Array(examples * size);
    for (let e = 0; e < examples; e++) {
      if (cost.kind === 'squaredError') for (let j = 0; j < size; j++) values[e * size + j] = random.uniform();
      else values[e * size + random.below(size)] = 1;
    }
    return values;
  };
  return { cost, targets };
}
