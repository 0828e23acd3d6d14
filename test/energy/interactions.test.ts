import { expect } from 'chai';
import {
  bias,
  type ComplexArray,
  conjugateLeak,
  dense,
  type Interaction,
  type LayerOptions,
  lateral,
  layer,
  leak,
  memory,
  potential,
  resistive,
  untied,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import {
  draw,
  expectAnalytic,
  expectClose,
  expectGradient,
  quadraticForm,
  secondDerivatives,
  stateGradientOfOne,
  thirdDifference,
} from './numeric.js';

const batch = 3;
const seeds = Array.from({ length: 24 }, (_, i) => i + 1);

type Draw = (random: Random) => Interaction;
const some = (random: Random, least = 1, options?: LayerOptions) => layer([least + random.below(6)], options);
const unit: LayerOptions = { range: [0, 1] };
const symmetric: LayerOptions = { activation: 'linear', range: [-1, 1] };

/** Every shipped interaction, of sizes and options drawn at random. */
const shipped: Record<string, Draw> = {
  leak: (random) => leak(some(random), { strength: 0.1 + 3 * random.uniform() }),
  'conjugateLeak of sigmoid': (random) => conjugateLeak(some(random, 1, unit), 'sigmoid'),
  'conjugateLeak of tanh': (random) => conjugateLeak(some(random, 1, symmetric), 'tanh'),
  'potential up to s²': (random) => potential(some(random), [...draw(random, random.below(3) + 1)]),
  'potential above s²': (random) => potential(some(random), [...draw(random, 4 + random.below(3))]),
  bias: (random) => bias(layer([2, 1 + random.below(4)])),
  lateral: (random) => lateral(some(random, 2)),
  memory: (random) => memory(some(random), 1 + random.below(5), { sharpness: 0.2 + 3 * random.uniform() }),
  dense: (random) => dense(some(random), layer([2, 1 + random.below(4)])),
  'dense, shared': (random) => {
    const owner = dense(some(random), some(random));
    const [pre, post] = owner.layers;
    return dense(layer(pre.shape), layer(post.shape), { share: owner });
  },
  untied: (random) => untied(some(random), some(random)),
  resistive: (random) => resistive(some(random), some(random)),
};

/** Values by layer and parameters, of an interaction, within the middle of its layers' ranges. */
function sample(interaction: Interaction, random: Random) {
  return {
    values: interaction.layers.map(({ size, range: [low, high] }) => {
      const [a, b] = Number.isFinite(low) ? [0.9 * low + 0.1 * high, 0.1 * low + 0.9 * high] : [-1, 1];
      return draw(random, batch * size, a, b);
    }),
    parameters: interaction.parameters.map(({ shape, least }) =>
      draw(
        random,
        shape.reduce((a, b) => a * b, 1),
        least ?? -1,
      ),
    ),
  };
}

/** The same, where the forces have an energy: untied weights are made each other's transposes. */
function conservativeSample(interaction: Interaction, random: Random) {
  const { values, parameters } = sample(interaction, random);
  if (interaction.entersForceOn) {
    const [m, n] = interaction.layers.map(({ size }) => size);
    parameters[1] = Float64Array.from({ length: m * n }, (_, k) => parameters[0][(k % m) * n + Math.floor(k / m)]);
  }
  return { values, parameters };
}

function energyOf(interaction: Interaction, values: Float64Array[], parameters: Float64Array[]): Float64Array {
  const energy = new Float64Array(batch);
  interaction.energy(values, parameters, batch, energy);
  return energy;
}

const total = (energy: Float64Array) => energy.reduce((a, b) => a + b, 0);

function stateGradient(interaction: Interaction, i: number, values: Float64Array[], parameters: Float64Array[]) {
  const gradient = new Float64Array(values[i].length);
  interaction.stateGradient(i, values, parameters, batch, gradient);
  return gradient;
}

function each(test: (interaction: Interaction, random: Random) => void): void {
  for (const make of Object.values(shipped)) {
    for (const seed of seeds) {
      const random = new Random(seed);
      test(make(random), random);
    }
  }
}

describe('shipped interactions', () => {
  for (const [name, make] of Object.entries(shipped)) {
    it(`${name}: gradients are the energy's differences`, () => {
      for (const seed of seeds) {
        const random = new Random(seed);
        const interaction = make(random);
        const { values, parameters } = conservativeSample(interaction, random);
        const value = () => total(energyOf(interaction, values, parameters));
        interaction.layers.forEach((_, i) => {
          const gradient = (into: Float64Array) => interaction.stateGradient(i, values, parameters, batch, into);
          expectGradient(values[i], value, gradient, `seed ${seed}, layer ${i}`);
        });
        if (interaction.entersForceOn) continue; // parameters that enter no energy: see `untied` below
        const free = sample(interaction, random);
        interaction.parameters.forEach((_, p) => {
          expectGradient(
            free.parameters[p],
            () => -1.5 * total(energyOf(interaction, free.values, free.parameters)),
            (into) => interaction.parameterGradient(p, free.values, free.parameters, batch, -1.5, into),
            `seed ${seed}, parameter ${p}`,
          );
        });
      }
    });
  }

  it('add the energy of each example to what is there, whatever its neighbours are', () => {
    each((interaction, random) => {
      const { values, parameters } = sample(interaction, random);
      const energy = energyOf(interaction, values, parameters);
      const again = new Float64Array(batch).fill(2);
      interaction.energy(values, parameters, batch, again);
      const last = new Float64Array(1);
      const rows = values.map((v) => v.slice((v.length / batch) * (batch - 1)));
      interaction.energy(rows, parameters, 1, last);
      for (let e = 0; e < batch; e++) expectClose(again[e], energy[e] + 2);
      expectClose(last[0], energy[batch - 1]);
    });
  });

  it('are analytic where they have complex gradients, and the same on real values', () => {
    let count = 0;
    each((interaction, random) => {
      const { complex } = interaction;
      if (!complex) return;
      count++;
      const { values, parameters } = sample(interaction, random);
      const z: ComplexArray[] = values.map((re) => ({ re, im: new Float64Array(re.length) }));
      const onState = (i: number) => {
        const into = { re: new Float64Array(z[i].re.length), im: new Float64Array(z[i].re.length) };
        complex.stateGradient(i, z, parameters, batch, into);
        return into;
      };
      const onParameter = (p: number, scale: readonly [number, number]) => {
        const into = { re: new Float64Array(parameters[p].length), im: new Float64Array(parameters[p].length) };
        complex.parameterGradient(p, z, parameters, batch, scale, into);
        return into;
      };
      values.forEach((_, i) => {
        const real = stateGradient(interaction, i, values, parameters);
        onState(i).re.forEach((x, k) => void expectClose(x, real[k]));
        expect(onState(i).im.every((x) => x === 0)).to.equal(true);
      });
      parameters.forEach((parameter, p) => {
        const real = new Float64Array(parameter.length);
        interaction.parameterGradient(p, values, parameters, batch, 1, real);
        const scaled = onParameter(p, [2, -3]);
        real.forEach((x, k) => {
          expectClose(scaled.re[k], 2 * x);
          expectClose(scaled.im[k], -3 * x);
        });
      });
      for (const { im } of z) im.set(draw(random, im.length, -0.3, 0.3));
      z.forEach((each, i) => {
        z.forEach((_, j) => void expectAnalytic(each, () => onState(j), `layer ${i}`));
        parameters.forEach((_, p) => void expectAnalytic(each, () => onParameter(p, [0.5, 2]), `parameter ${p}`));
      });
    });
    expect(count).to.be.above(3 * seeds.length);
  });

  it('are quadratic, or have complex gradients', () => {
    each((interaction, random) => {
      const { values, parameters } = sample(interaction, random);
      const direction = values.map((v) => draw(random, v.length));
      const along = (x: number) => {
        const moved = values.map((v, i) => v.map((s, k) => s + x * direction[i][k]));
        return total(energyOf(interaction, moved, parameters));
      };
      if (interaction.quadratic) expect(thirdDifference(along)).to.be.closeTo(0, 1e-10);
      else expect(interaction.complex, interaction.kind).to.not.equal(undefined);
    });
    for (const make of [shipped['potential above s²'], shipped.memory, shipped['conjugateLeak of tanh']]) {
      expect(make(new Random(1)).quadratic ?? false).to.equal(false);
    }
  });

  it('are linear in each layer where they say so', () => {
    each((interaction, random) => {
      if (!interaction.linear) return;
      const { values, parameters } = sample(interaction, random);
      values.forEach((_, i) => {
        const moved = values.with(i, draw(random, values[i].length));
        expect(stateGradient(interaction, i, moved, parameters)).to.deep.equal(
          stateGradient(interaction, i, values, parameters),
        );
        const before = energyOf(interaction, values, parameters);
        const after = energyOf(
          interaction,
          values.with(
            i,
            values[i].map((x) => 3 * x),
          ),
          parameters,
        );
        for (let e = 0; e < batch; e++) expect(after[e]).to.be.closeTo(3 * before[e], 1e-12);
      });
    });
  });

  it('bend no more than their curvature and coupling say', () => {
    each((interaction, random) => {
      const { curvature, linear } = interaction;
      if (curvature === undefined && !linear) return;
      const { values, parameters } = sample(interaction, random);
      interaction.layers.forEach(({ size }, i) => {
        const rows = values.map((v, k) => v.slice(0, interaction.layers[k].size));
        const second = secondDerivatives(rows[i], () => {
          const gradient = new Float64Array(size);
          interaction.stateGradient(i, rows, parameters, 1, gradient);
          return gradient;
        });
        const bound = new Float64Array(size);
        if (typeof curvature === 'function') curvature.call(interaction, i, parameters, bound);
        else bound.fill(curvature ?? 0);
        for (let j = 0; j < size; j++) {
          expect(second[j * size + j], interaction.kind).to.be.at.most(bound[j] + 1e-8);
          if (interaction.quadratic) expectClose(second[j * size + j], bound[j]);
        }
        interaction.coupling?.(i, parameters, bound);
        for (let trial = 0; trial < 10; trial++) {
          const v = draw(random, size);
          const most = v.reduce((sum, x, j) => sum + bound[j] * x * x, 0);
          expect(quadraticForm(second, v), interaction.kind).to.be.at.most(most + 1e-8);
        }
      });
    });
  });

  it('respond with where their slope is what is asked for', () => {
    let count = 0;
    each((interaction, random) => {
      if (!interaction.response) return;
      count++;
      for (let trial = 0; trial < 10; trial++) {
        const [x, y] = draw(random, 2, -6, 6);
        const { size } = interaction.layers[0];
        const s = new Float64Array(size).fill(interaction.response(x));
        for (const slope of stateGradientOfOne(interaction, s)) expectClose(slope, x);
        const response = interaction.complex?.response?.([x, y / 4]) ?? [Number.NaN, Number.NaN];
        const z = { re: new Float64Array(size).fill(response[0]), im: new Float64Array(size).fill(response[1]) };
        const into = { re: new Float64Array(size), im: new Float64Array(size) };
        interaction.complex?.stateGradient(0, [z], [], 1, into);
        for (const re of into.re) expectClose(re, x);
        for (const im of into.im) expectClose(im, y / 4);
      }
    });
    expect(count).to.equal(2 * seeds.length);
  });
});
