import { expect } from 'chai';
import {
  bias,
  type Cost,
  dense,
  hopfield,
  type Interaction,
  type Layer,
  layer,
  leak,
  Model,
  squaredError,
  sum,
} from '../../lib/index.js';
import { expectRejects, floats } from '../support.js';

const batch = { input: floats(4 * 3, 1), target: floats(4 * 2, 2) };

/** Σ w_j tanh²(s_j) over the units of one layer; each derivative is multiplied by a factor, 1 where it is right. */
function gate(of: Layer, states = 1, weights = 1, energies = 1): Interaction {
  return {
    kind: 'gate',
    layers: [of],
    reads: 'state',
    parameters: [{ name: 'weight', shape: [of.size], initialise: (data) => void data.fill(0.3) }],
    energy: ([s], [w], count, energy) => {
      for (let k = 0; k < s.length; k++)
        energy[Math.floor(k / of.size)] += energies * w[k % of.size] * Math.tanh(s[k]) ** 2;
      expect(s.length).to.equal(count * of.size);
    },
    stateGradient: (_, [s], [w], __, gradient) => {
      for (let k = 0; k < s.length; k++) {
        gradient[k] += (states * w[k % of.size] * 2 * Math.tanh(s[k])) / Math.cosh(s[k]) ** 2;
      }
    },
    parameterGradient: (_, [s], __, ___, scale, gradient) => {
      for (let k = 0; k < s.length; k++) gradient[k % of.size] += weights * scale * Math.tanh(s[k]) ** 2;
    },
  };
}

/** ½‖y − d‖² with a gradient that is multiplied by a factor. */
function distance(of: Layer, factor = 1): Cost {
  return {
    kind: 'distance',
    layer: of,
    quadratic: true,
    curvature: 1,
    value: (y, d, _, __, cost) => {
      for (let k = 0; k < y.length; k++) cost[Math.floor(k / of.size)] += (y[k] - d[k]) ** 2 / 2;
    },
    stateGradient: (y, d, _, __, scale, gradient) => {
      for (let k = 0; k < y.length; k++) gradient[k] += factor * scale * (y[k] - d[k]);
    },
  };
}

function modelOf(
  part: (h: Layer) => Interaction,
  cost: (y: Layer) => Cost = squaredError,
  activation = 'hardSigmoid',
): Model {
  const x = layer([3], { name: 'x', clamped: true });
  const h = layer([4], { name: 'h', activation: activation as 'tanh' });
  const y = layer([2], { name: 'y' });
  const energy = sum(leak(h), leak(y), bias(h), bias(y), dense(x, h), dense(h, y), part(h));
  return new Model({ energy, cost: cost(y), input: x, output: y, seed: 3, engine: 'javascript' });
}

describe('audit of parts of one’s own', () => {
  it('finds derivatives that are right to be right', async () => {
    for (const activation of ['hardSigmoid', 'tanh', 'linear']) {
      const { derivatives, findings } = await modelOf(gate, distance, activation).audit(batch, { estimators: [] });
      expect(derivatives?.map(({ part, derivative }) => `${part}: ${derivative}`)).to.deep.equal([
        "interaction 'gate1': stateGradient of 'h'",
        "interaction 'gate1': parameterGradient of 'weight'",
        "cost 'distance': stateGradient of 'y'",
      ]);
      for (const { relativeError } of derivatives ?? []) expect(relativeError).to.be.below(1e-7);
      expect(findings.filter((finding) => finding.includes('differences'))).to.deep.equal([]);
    }
  });

  it('says which derivative is wrong, and by how much', async () => {
    const differencesIn = async (...model: Parameters<typeof modelOf>) => {
      const { findings } = await modelOf(...model).audit(batch);
      return findings.filter((finding) => finding.includes('differences of its energy'));
    };
    expect(await differencesIn((h) => gate(h, 1, 1.5))).to.deep.equal([
      "interaction 'gate1': its parameterGradient of 'weight' is 50 % away from differences of its energy: one of the two is wrong.",
    ]);
    const [states, ...more] = await differencesIn((h) => gate(h, 0.5));
    expect(states).to.include("interaction 'gate1': its stateGradient of 'h' is 50 %");
    expect(more).to.deep.equal([]);
    expect(await differencesIn((h) => gate(h, 1, 1, 2))).to.have.length(2);
    expect((await differencesIn(gate, (y) => distance(y, -1)))[0]).to.include(
      "cost 'distance': its stateGradient of 'y' is 200 %",
    );
  });

  it('holds forces that come from no energy against what their parameters do', async () => {
    const push =
      (factor: number) =>
      (h: Layer): Interaction => ({
        ...gate(h),
        entersForceOn: [0],
        energy: () => {},
        stateGradient: (_, [s], [w], __, gradient) => {
          for (let k = 0; k < s.length; k++) gradient[k] -= w[k % 4];
        },
        parameterGradient: (_, [s], __, ___, scale, gradient) => {
          for (let k = 0; k < s.length; k++) gradient[k % 4] -= factor * scale * s[k];
        },
      });
    for (const factor of [1, 3]) {
      const [{ derivative, relativeError }, ...others] = (await modelOf(push(factor)).audit(batch)).derivatives ?? [];
      expect(derivative).to.equal("parameterGradient of 'weight'");
      expect(relativeError).to.be.closeTo(factor - 1, 1e-6);
      expect(others).to.deep.equal([]);
    }
  });

  it('does not look at the package’s own', async () => {
    const report = await hopfield([3, 4, 2]).audit(batch, { estimators: [] });
    expect(report).to.not.have.property('derivatives');
  });

  it('tells of a wrong derivative where it leaves no equilibrium', async () => {
    const bowl = (h: Layer): Interaction => ({
      ...gate(h),
      energy: ([s], _, __, energy) => {
        for (let k = 0; k < s.length; k++) energy[Math.floor(k / 4)] += 2 * s[k] ** 2;
      },
      stateGradient: (_, [s], __, ___, gradient) => {
        for (let k = 0; k < s.length; k++) gradient[k] -= 4 * s[k];
      },
    });
    const part = "audit has no equilibrium to look at: interaction 'gate1': its stateGradient of 'h' is 200 % away";
    await expectRejects(modelOf(bowl, squaredError, 'linear').audit(batch), 'ERR_ARGUMENT', part);
  });

  it('leaves out what a part does not compute at random states', async () => {
    const low = (h: Layer): Interaction => ({
      ...gate(h),
      energy: ([s], _, __, energy) => {
        for (let k = 0; k < s.length; k++) energy[Math.floor(k / 4)] += s[k] < 0.5 ? 0 : Number.NaN;
      },
    });
    const dark = { ...batch, input: new Float32Array(12).fill(1e-3) };
    const { derivatives, findings } = await modelOf(low).audit(dark, { estimators: [], steps: 0 });
    expect(derivatives).to.equal(undefined);
    expect(findings).to.deep.equal([]);
  });
});
