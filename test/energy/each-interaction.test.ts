import { expect } from 'chai';
import {
  angleBetween,
  bias,
  conjugateLeak,
  dense,
  type Interaction,
  type LayerOptions,
  lateral,
  layer,
  memory,
  potential,
  resistive,
  sum,
  untied,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import { expectThrows } from '../support.js';
import { draw, expectClose, expectGradient, stateGradientOfOne } from './numeric.js';

const batch = 3;
const unit: LayerOptions = { range: [0, 1] };
const symmetric: LayerOptions = { activation: 'linear', range: [-1, 1] };

/** What the parameters of an interaction start from. */
function initial(interaction: Interaction, seed = 1): Float64Array[] {
  const random = new Random(seed);
  return interaction.parameters.map(({ shape, initialise }) => {
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    initialise(data, random);
    return data;
  });
}

describe('initial parameters', () => {
  const [a, b] = [layer([40]), layer([60])];
  const bounds: [string, Interaction, low: number, high: number][] = [
    ['dense', dense(a, b), -Math.sqrt(6 / 100), Math.sqrt(6 / 100)],
    ['dense with a gain', dense(a, b, { gain: 2 }), -2 / Math.sqrt(40), 2 / Math.sqrt(40)],
    ['lateral', lateral(a), -Math.sqrt(6 / 80), Math.sqrt(6 / 80)],
    ['lateral with a gain', lateral(a, { gain: 1 }), -1 / Math.sqrt(40), 1 / Math.sqrt(40)],
    ['memory', memory(a, 60), -Math.sqrt(6 / 100), Math.sqrt(6 / 100)],
    ['untied', untied(a, b, { gain: 1 }), -1 / Math.sqrt(40), 1 / Math.sqrt(40)],
    ['resistive', resistive(a, b), 0, 1 / Math.sqrt(40)],
    ['resistive with a conductance', resistive(a, b, { conductance: 3 }), 0, 3],
  ];
  for (const [name, interaction, low, high] of bounds) {
    it(`${name}: uniform between its bounds`, () => {
      for (const data of initial(interaction)) {
        const span = high - low;
        expect(data.reduce((x, y) => Math.min(x, y))).to.be.within(low, low + 0.02 * span);
        expect(data.reduce((x, y) => Math.max(x, y))).to.be.within(high - 0.02 * span, high);
      }
    });
  }
});

describe('conjugateLeak', () => {
  it('has finite slopes and energies where a state starts at a bound', () => {
    const soft = conjugateLeak(layer([2], unit), 'sigmoid');
    for (const slope of stateGradientOfOne(soft, Float64Array.of(0, 1))) expect(Math.abs(slope)).to.be.within(27, 28);
    const energy = new Float64Array(1);
    soft.energy([Float64Array.of(0, 1)], [], 1, energy);
    expect(energy[0]).to.equal(0);
    const hyperbolic = conjugateLeak(layer([2], symmetric), 'tanh');
    for (const slope of stateGradientOfOne(hyperbolic, Float64Array.of(-1, 1))) expect(Math.abs(slope)).to.be.below(15);
    hyperbolic.energy([Float64Array.of(-1, 1)], [], 1, energy);
    expectClose(energy[0], 2 * Math.LN2);
  });

  it('says which layer it wants', () => {
    expectThrows(() => conjugateLeak(layer([2], { activation: 'linear' }), 'sigmoid'), 'ERR_ARGUMENT', '[0, 1]');
    expectThrows(() => conjugateLeak(layer([2], { range: [-1, 2] }), 'tanh'), 'ERR_ARGUMENT', 'range: [-1, 1]');
    expectThrows(() => conjugateLeak(layer([2], { activation: 'tanh' }), 'tanh'), 'ERR_ARGUMENT', 'linear', 'tanh');
    expectThrows(() => conjugateLeak(layer([2]), 'hardSigmoid' as never), 'ERR_NAME', 'leak(layer) is its conjugate');
    expectThrows(() => conjugateLeak(layer([2]), 'relu' as never), 'ERR_NAME', "'relu'", 'sigmoid, tanh');
    expectThrows(() => conjugateLeak(3 as never, 'tanh'), 'ERR_ARGUMENT', 'conjugateLeak layer', '3');
    expectThrows(() => conjugateLeak(layer([2]), 'sigmoid', { gain: 1 } as never), 'ERR_NAME', "'gain'");
  });
});

describe('potential', () => {
  it('is quadratic, with a curvature, up to s², whatever zeros follow', () => {
    expect(potential(layer([1]), [1, 2, 3, 0])).to.include({ quadratic: true, curvature: 6 });
    expect(potential(layer([1]), [1])).to.include({ quadratic: true, curvature: 0 });
    const well = potential(layer([1]), [0, 0, -1, 0, 1]);
    expect([well.quadratic, well.curvature]).to.deep.equal([false, undefined]);
    expect(stateGradientOfOne(well, Float64Array.of(Math.SQRT1_2))[0]).to.be.closeTo(0, 1e-15);
  });

  it('refuses coefficients that are none', () => {
    expectThrows(() => potential(layer([1]), []), 'ERR_ARGUMENT', 'potential coefficients', 'empty');
    expectThrows(() => potential(layer([1]), 1 as never), 'ERR_ARGUMENT', 'potential coefficients', '1');
    expectThrows(() => potential(layer([1]), [0, Number.NaN]), 'ERR_ARGUMENT', 'coefficients[1]', 'NaN');
    expectThrows(() => potential(layer([1]), [0], { name: '' }), 'ERR_ARGUMENT', 'potential name');
    expectThrows(() => potential(undefined as never, [0]), 'ERR_ARGUMENT', 'potential layer', 'undefined');
  });
});

describe('lateral', () => {
  it('is −½ rᵀ W r of the symmetric weights that its upper triangle stands for', () => {
    const energy = new Float64Array(1);
    lateral(layer([3])).energy([Float64Array.of(1, 2, 3)], [Float64Array.of(10, 20, 30)], 1, energy);
    expect(energy[0]).to.equal(-(10 * 1 * 2 + 20 * 1 * 3 + 30 * 2 * 3));
    const coupling = new Float64Array(3);
    lateral(layer([3])).coupling(0, [Float64Array.of(-1, 2, -4)], coupling);
    expect([...coupling]).to.deep.equal([3, 5, 6]);
  });

  it('refuses what is no layer of two units or more', () => {
    expectThrows(() => lateral(layer([1])), 'ERR_ARGUMENT', 'lateral layer', 'two or more units');
    expectThrows(() => lateral(1 as never), 'ERR_ARGUMENT', 'lateral layer', '1');
    expectThrows(() => lateral(layer([2]), { gain: -1 }), 'ERR_ARGUMENT', 'lateral gain', '-1');
  });
});

describe('memory', () => {
  it('stays finite where the overlaps are large, and then is the best of them', () => {
    const net = memory(layer([1]), 2, { sharpness: 1e4 });
    const energy = new Float64Array(1);
    net.energy([Float64Array.of(1)], [Float64Array.of(3, -5)], 1, energy);
    expectClose(energy[0], -3);
  });

  it('refuses options that are none', () => {
    expectThrows(() => memory(layer([2]), 0), 'ERR_ARGUMENT', 'memory patterns', '0');
    expectThrows(() => memory(layer([2]), 1.5), 'ERR_ARGUMENT', 'memory patterns', '1.5');
    expectThrows(() => memory(layer([2]), 2, { sharpness: 0 }), 'ERR_ARGUMENT', 'memory sharpness', '0');
    expectThrows(() => memory(layer([2]), 2, { gain: Infinity }), 'ERR_ARGUMENT', 'memory gain', 'Infinity');
    expectThrows(() => memory([2] as never, 2), 'ERR_ARGUMENT', 'memory layer');
  });
});

describe('resistive', () => {
  it('holds its conductances at 0 and above', () => {
    expect(resistive(layer([2]), layer([3])).parameters[0]).to.deep.include({ shape: [2, 3], least: 0 });
  });

  it('refuses what it cannot join', () => {
    const x = layer([2]);
    expectThrows(() => resistive(x, x), 'ERR_ARGUMENT', 'resistive', 'two different layers');
    expectThrows(() => resistive(x, layer([2]), { conductance: 0 }), 'ERR_ARGUMENT', 'resistive conductance', '0');
    expectThrows(() => resistive(x, 1 as never), 'ERR_ARGUMENT', 'resistive post', '1');
  });
});

describe('untied', () => {
  const [x, y] = [layer([4]), layer([3])];
  const random = new Random(5);
  const forward = draw(random, 12);
  const backward = draw(random, 12);

  it('pushes post by forward and pre by backward, which no energy does', () => {
    const net = untied(x, y);
    const [a, b] = [draw(random, 4), draw(random, 3)];
    const onPost = stateGradientOf(net, 1, [a, b]);
    const onPre = stateGradientOf(net, 0, [a, b]);
    onPost.forEach((g, j) => {
      expectClose(g, -a.reduce((sum, r, i) => sum + forward[i * 3 + j] * r, 0));
    });
    onPre.forEach((g, i) => {
      expectClose(g, -b.reduce((sum, r, j) => sum + backward[j * 4 + i] * r, 0));
    });
    expect(net.entersForceOn).to.deep.equal([1, 0]);
  });

  function stateGradientOf(net: Interaction, i: number, values: Float64Array[]): Float64Array {
    const gradient = new Float64Array(values[i].length);
    net.stateGradient(i, values, [forward, backward], 1, gradient);
    return gradient;
  }

  it('has derivatives that are those of minus each force times what it acts on', () => {
    const net = untied(x, y);
    const values = [draw(random, batch * 4), draw(random, batch * 3)];
    const parameters = [forward.slice(), backward.slice()];
    net.entersForceOn.forEach((on, p) => {
      const work = () => {
        const slope = new Float64Array(values[on].length);
        net.stateGradient(on, values, parameters, batch, slope);
        return slope.reduce((sum, g, j) => sum + g * values[on][j], 0);
      };
      const gradient = (into: Float64Array) => net.parameterGradient(p, values, parameters, batch, 1, into);
      expectGradient(parameters[p], work, gradient, `parameter ${p}`);
    });
  });

  it('tells the angle between forward and the transpose of backward', () => {
    const net = untied(x, y);
    const transpose = forward.map((_, k) => forward[(k % 4) * 3 + Math.floor(k / 4)]);
    expect(net.angle([forward, transpose])).to.be.closeTo(0, 1e-6);
    expect(net.angle([forward, transpose.map((w) => -2 * w)])).to.be.closeTo(180, 1e-6);
    const [one, other] = initial(untied(layer([50]), layer([60])));
    expect(untied(layer([50]), layer([60])).angle([one, other])).to.be.within(86, 94);
    expectThrows(() => net.angle([forward, new Float64Array(3)]), 'ERR_SHAPE', 'backward', '3 · 4');
  });

  it('refuses what it cannot join', () => {
    expectThrows(() => untied(x, x), 'ERR_ARGUMENT', 'untied', 'two different layers');
    expectThrows(() => untied(x, y, { gain: '1' as never }), 'ERR_ARGUMENT', 'untied gain', "'1'");
    expectThrows(() => untied(x, y, { share: 1 } as never), 'ERR_NAME', "'share'");
  });
});

describe('angleBetween', () => {
  it('is in degrees, exact for small angles', () => {
    expect(angleBetween(Float32Array.of(1, 0), Float64Array.of(0, 3))).to.be.closeTo(90, 1e-12);
    expect(angleBetween(Float64Array.of(1, 0), Float64Array.of(1, 1e-9))).to.be.closeTo((1e-9 * 180) / Math.PI, 1e-20);
    expect(angleBetween(Float64Array.of(1), Float64Array.of(0))).to.be.NaN;
    expectThrows(() => angleBetween(Float64Array.of(1), Float64Array.of(1, 2)), 'ERR_SHAPE', 'angleBetween b');
    expectThrows(() => angleBetween([1] as never, Float64Array.of(1)), 'ERR_ARGUMENT', 'angleBetween a');
  });
});

describe('shared weights', () => {
  const [x, h, y] = [layer([3]), layer([4]), layer([4])];

  it('are one parameter, under the name of the first that has it', () => {
    const owner = dense(x, h);
    const energy = sum(owner, dense(layer([3]), y, { share: owner }), dense(h, y));
    expect([...energy.parameters.keys()]).to.deep.equal(['dense1.weight', 'dense3.weight']);
  });

  it('need layers of the same sizes, and no gain of their own', () => {
    const owner = dense(x, h, { gain: 2 });
    expect(dense(x, y, { share: owner }).gain).to.equal(2);
    expectThrows(() => dense(h, x, { share: owner }), 'ERR_SHAPE', 'dense share', '4 and 3', '3 and 4');
    expectThrows(() => dense(x, y, { share: owner, gain: 1 }), 'ERR_ARGUMENT', 'gain or share, not both');
    expectThrows(() => dense(x, y, { share: bias(x) as never }), 'ERR_ARGUMENT', 'dense share', 'class Bias');
  });
});
