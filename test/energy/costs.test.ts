import { expect } from 'chai';
import { checkDecay, undecayed } from '../../lib/energy/decay.js';
import { targetSizeOf } from '../../lib/energy/problem.js';
import {
  type Cost,
  crossEntropy,
  crossEntropyReadOut,
  dense,
  layer,
  type SquaredError,
  squaredError,
  sum,
  withDecay,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import { expectThrows } from '../support.js';
import {
  draw,
  expectAnalytic,
  expectClose,
  expectGradient,
  quadraticForm,
  secondDerivatives,
  thirdDifference,
} from './numeric.js';

const batch = 3;
const seeds = Array.from({ length: 24 }, (_, i) => i + 1);
const some = (random: Random) => layer([1 + random.below(6)], { activation: 'linear' });

/** Every shipped cost, of sizes and options drawn at random. */
const shipped: Record<string, (random: Random) => Cost> = {
  squaredError: (random) => squaredError(some(random)),
  'squaredError with weights': (random) => {
    const y = some(random);
    return squaredError(y, { weights: draw(random, y.size, 0, 2) });
  },
  crossEntropy: (random) => crossEntropy(some(random)),
  crossEntropyReadOut: (random) => crossEntropyReadOut(some(random), 1 + random.below(5)),
  'crossEntropyReadOut with decay': (random) =>
    withDecay(crossEntropyReadOut(some(random), 3, { name: 'top' }), { 'top.weight': 0.1 }),
};

/** States, targets that add up to 1 in each row, and parameters. */
function sample(cost: Cost, random: Random) {
  const width = targetSizeOf(cost);
  const targets = draw(random, batch * width, 0.1, 1);
  for (let at = 0; at < targets.length; at += width) {
    const row = targets.subarray(at, at + width);
    const total = row.reduce((a, b) => a + b);
    for (let j = 0; j < width; j++) row[j] /= total;
  }
  return {
    states: draw(random, batch * cost.layer.size, -2, 2),
    targets,
    parameters: (cost.parameters ?? []).map(({ shape }) =>
      draw(
        random,
        shape.reduce((a, b) => a * b, 1),
      ),
    ),
  };
}

function costOf(cost: Cost, { states, targets, parameters }: ReturnType<typeof sample>): Float64Array {
  const value = new Float64Array(batch);
  cost.value(states, targets, parameters, batch, value);
  return value;
}

const total = (value: Float64Array) => value.reduce((a, b) => a + b, 0);

describe('shipped costs', () => {
  for (const [name, make] of Object.entries(shipped)) {
    const each = (test: (cost: Cost, random: Random, seed: number) => void) => {
      for (const seed of seeds) {
        const random = new Random(seed);
        test(make(random), random, seed);
      }
    };

    it(`${name}: gradients are its differences`, () => {
      each((cost, random, seed) => {
        const point = sample(cost, random);
        const { states, targets, parameters } = point;
        expectGradient(
          states,
          () => -1.5 * total(costOf(cost, point)),
          (into) => cost.stateGradient(states, targets, parameters, batch, -1.5, into),
          `seed ${seed}, states`,
        );
        const scale = draw(random, batch);
        parameters.forEach((parameter, p) => {
          expectGradient(
            parameter,
            () => total(costOf(cost, point).map((c, e) => c * scale[e])),
            (into) => cost.parameterGradient?.(p, states, targets, parameters, batch, scale, into),
            `seed ${seed}, parameter ${p}`,
          );
        });
      });
    });

    it(`${name}: is quadratic, or analytic at complex states`, () => {
      each((cost, random) => {
        const point = sample(cost, random);
        const { states, targets, parameters } = point;
        if (cost.quadratic) {
          const direction = draw(random, states.length);
          const along = (x: number) =>
            total(costOf(cost, { ...point, states: states.map((s, j) => s + x * direction[j]) }));
          expect(thirdDifference(along)).to.be.closeTo(0, 1e-10);
          return;
        }
        const z = { re: states, im: new Float64Array(states.length) };
        const gradient = () => {
          const into = { re: new Float64Array(states.length), im: new Float64Array(states.length) };
          cost.complex?.stateGradient(z, targets, parameters, batch, [0.5, -2], into);
          return into;
        };
        const real = new Float64Array(states.length);
        cost.stateGradient(states, targets, parameters, batch, 1, real);
        const complex = gradient();
        real.forEach((g, j) => {
          expectClose(complex.re[j], 0.5 * g);
          expectClose(complex.im[j], -2 * g);
        });
        z.im.set(draw(random, z.im.length, -0.3, 0.3));
        expectAnalytic(z, gradient, name);
      });
    });

    it(`${name}: bends as its curvature says`, () => {
      each((cost, random) => {
        if (cost.curvature === undefined) return;
        const { states, targets, parameters } = sample(cost, random);
        const row = states.slice(0, cost.layer.size);
        const second = secondDerivatives(row, () => {
          const gradient = new Float64Array(row.length);
          cost.stateGradient(row, targets, parameters, 1, 1, gradient);
          return gradient;
        });
        const { curvature } = cost;
        const [least, most] = typeof curvature === 'number' ? [curvature, curvature] : curvature;
        for (let trial = 0; trial < 10; trial++) {
          const v = draw(random, row.length);
          const length = v.reduce((sum, x) => sum + x * x, 0);
          expect(quadraticForm(second, v) / length).to.be.within(least - 1e-7, most + 1e-7);
        }
      });
    });
  }
});

describe('squaredError', () => {
  const value = (cost: SquaredError, states: number[], targets: number[]) => {
    const into = new Float64Array(1);
    cost.value(Float64Array.from(states), Float64Array.from(targets), [], 1, into);
    return into[0];
  };

  it('is ½ ‖y − d‖², or weighs each unit', () => {
    expect(value(squaredError(layer([2])), [3, 4], [5, 4])).to.equal(2);
    const weights = Float32Array.of(0, 3);
    const weighed = squaredError(layer([2]), { weights });
    weights[1] = 9;
    expect(value(weighed, [3, 4], [5, 5])).to.equal(1.5);
    expect(weighed.curvature).to.deep.equal([0, 3]);
    expect(squaredError(layer([2])).curvature).to.equal(1);
  });

  it('refuses weights that are none', () => {
    const y = layer([2]);
    expectThrows(() => squaredError(y, { weights: [1] }), 'ERR_SHAPE', 'squaredError weights', '2 numbers', 'length 1');
    expectThrows(() => squaredError(y, { weights: [1, -1] }), 'ERR_ARGUMENT', 'weights[1]', '-1');
    expectThrows(() => squaredError(y, { weights: Float64Array.of(1, Infinity) }), 'ERR_ARGUMENT', 'weights[1]');
    expectThrows(() => squaredError(y, { weights: 'all' as never }), 'ERR_ARGUMENT', 'squaredError weights', "'all'");
    expectThrows(() => squaredError(y, { weight: [1, 1] } as never), 'ERR_NAME', "'weight'", 'weights');
    expectThrows(() => squaredError(1 as never), 'ERR_ARGUMENT', 'squaredError layer', '1');
  });
});

describe('crossEntropy', () => {
  it('is −ln of the probability of the target, for logits of any size', () => {
    const into = new Float64Array(2);
    const logits = Float64Array.of(0, Math.log(3), -4000, 4000);
    crossEntropy(layer([2])).value(logits, Float64Array.of(0, 1, 0, 1), [], 2, into);
    expectClose(into[0], -Math.log(3 / 4));
    expect(into[1]).to.equal(0);
    const gradient = new Float64Array(4);
    crossEntropy(layer([2])).stateGradient(logits, Float64Array.of(0, 1, 1, 0), [], 2, 1, gradient);
    expect([...gradient.subarray(2)]).to.deep.equal([-1, 1]);
    expectThrows(() => crossEntropy(null as never), 'ERR_ARGUMENT', 'crossEntropy layer', 'null');
  });
});

describe('crossEntropyReadOut', () => {
  it('reads out logits, adding to what is there', () => {
    const cost = crossEntropyReadOut(layer([2]), 3);
    const outputs = new Float64Array(6).fill(1);
    const parameters = [Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(10, 20, 30)];
    cost.readOut(Float64Array.of(1, 1, 0, 2), parameters, 2, outputs);
    expect([...outputs]).to.deep.equal([16, 28, 40, 19, 31, 43]);
    expect(cost.parameters.map(({ name, shape }) => [name, shape])).to.deep.equal([
      ['weight', [2, 3]],
      ['bias', [3]],
    ]);
    expect(cost.targetShape).to.deep.equal([3]);
  });

  it('refuses options that are none', () => {
    expectThrows(() => crossEntropyReadOut(layer([2]), 0), 'ERR_ARGUMENT', 'crossEntropyReadOut classes', '0');
    expectThrows(() => crossEntropyReadOut(layer([2]), 2, { gain: -1 }), 'ERR_ARGUMENT', 'gain', '-1');
    expectThrows(() => crossEntropyReadOut(layer([2]), 2, { name: 3 as never }), 'ERR_ARGUMENT', 'name', '3');
    expectThrows(() => crossEntropyReadOut({} as never, 2), 'ERR_ARGUMENT', 'crossEntropyReadOut layer');
  });
});

describe('withDecay', () => {
  const [x, y] = [layer([2]), layer([3])];

  it('is the cost in all but the decay, which adds up', () => {
    const plain = crossEntropyReadOut(y, 4, { name: 'top' });
    const once = withDecay(plain, { 'top.weight': 1, 'dense1.weight': 2 });
    const twice = withDecay(once, { 'top.weight': 0.5 });
    expect(twice.decay).to.deep.equal({ 'top.weight': 1.5, 'dense1.weight': 2 });
    expect(undecayed(twice)).to.equal(plain);
    expect(twice).to.include({ kind: 'crossEntropyReadOut', name: 'top', layer: y, parameters: plain.parameters });
    expect(twice).to.include({ targetShape: plain.targetShape, complex: plain.complex });
    expect(twice.readOut).to.be.a('function');
    const squared = withDecay(squaredError(y), {});
    expect(squared).to.include({ curvature: 1, quadratic: true, name: undefined });
    expect([squared.readOut, squared.parameterGradient, squared.parameters]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('refuses what is no decay', () => {
    const cost = squaredError(y);
    expectThrows(() => withDecay(cost, { w: -1 }), 'ERR_ARGUMENT', "'w'", '-1');
    expectThrows(() => withDecay(cost, { w: Number.NaN }), 'ERR_ARGUMENT', "'w'", 'NaN');
    expectThrows(() => withDecay(cost, 0.1 as never), 'ERR_ARGUMENT', 'withDecay decay', '0.1');
    expectThrows(() => withDecay(y as never, {}), 'ERR_ARGUMENT', 'withDecay cost', 'class Layer');
    const without = { kind: 'own', layer: y, stateGradient: () => {} };
    expectThrows(() => withDecay(without as never, {}), 'ERR_ARGUMENT', 'withDecay cost must be a cost');
    expectThrows(() => withDecay(undefined as never, {}), 'ERR_ARGUMENT', 'withDecay cost', 'undefined');
    const energy = sum(dense(x, y));
    checkDecay('model cost', { energy, cost: withDecay(cost, { 'dense1.weight': 1 }) });
    const wrong = withDecay(cost, { 'dense1.bias': 1 });
    expectThrows(() => checkDecay('model cost', { energy, cost: wrong }), 'ERR_NAME', "'dense1.bias'", 'dense1.weight');
  });
});
