import { expect } from 'chai';
import { derivativesOf } from '../../lib/audit/derivatives.js';
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
import { Random } from '../../lib/random.js';
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
      return findings.filter((finding) => finding.includes('differences of its'));
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

  it('says where a function overwrites what it must add to, or does not heed its scale', async () => {
    const told = async (change: (part: Interaction) => Partial<Interaction>) => {
      const part = (h: Layer) => ({ ...gate(h), ...change(gate(h)) });
      return (await modelOf(part).audit(batch, { estimators: [], steps: 0 })).findings;
    };
    const anew = (gradient: Float64Array, add: (zeros: Float64Array) => void) => add(gradient.fill(0));
    expect(
      await told(({ stateGradient }) => ({
        stateGradient: (i, s, w, count, gradient) => anew(gradient, (zeros) => stateGradient(i, s, w, count, zeros)),
      })),
    ).to.deep.equal([
      "interaction 'gate1': its stateGradient of 'h', or its energy, overwrites its last argument, which it must add to.",
    ]);
    const energies = await told(({ energy }) => ({
      energy: (s, w, count, sums) => anew(sums, (zeros) => energy(s, w, count, zeros)),
    }));
    expect(energies[0]).to.include('or its energy, overwrites');
    expect(
      await told(({ parameterGradient }) => ({
        parameterGradient: (k, s, w, count, _, gradient) => parameterGradient(k, s, w, count, 1, gradient),
      })),
    ).to.deep.equal(["interaction 'gate1': its parameterGradient of 'weight' does not heed its scale."]);
    const first = await told(({ energy }) => ({
      energy: (s, w, count, sums) => {
        const each = new Float64Array(count);
        energy(s, w, count, each);
        sums[0] += each.reduce((a, b) => a + b, 0); // that of the batch, as the first example's
      },
    }));
    expect(first.join()).to.include("stateGradient of 'h' is");
    const cost = (y: Layer): Cost => ({
      ...distance(y),
      stateGradient: (s, d, w, count, _, gradient) => distance(y).stateGradient(s, d, w, count, 1, gradient),
    });
    const { findings } = await modelOf(gate, cost).audit(batch, { estimators: [], steps: 0 });
    expect(findings).to.deep.equal(["cost 'distance': its stateGradient of 'y' does not heed its scale."]);
    const forgotten = await told(() => ({ parameterGradient: () => {} }));
    expect(forgotten[0]).to.include("its parameterGradient of 'weight' is 100 % away from differences");
    const nothing = await told(() => ({ energy: () => {} }));
    expect(nothing[0]).to.equal(
      "interaction 'gate1': its stateGradient of 'h' is not 0, but its energy does not depend on that.",
    );
  });

  it('looks at a cost’s own parameters with scales by example', async () => {
    const scaled =
      (right: boolean) =>
      (y: Layer): Cost => ({
        ...distance(y),
        parameters: [{ name: 'factor', shape: [1], initialise: (data) => void data.fill(2) }],
        value: (s, d, [[factor]], count, cost) => {
          const plain = new Float64Array(count);
          distance(y).value(s, d, [], count, plain);
          for (let e = 0; e < count; e++) cost[e] += factor * plain[e];
        },
        stateGradient: (s, d, [[factor]], count, scale, gradient) =>
          distance(y).stateGradient(s, d, [], count, factor * scale, gradient),
        parameterGradient: (_, s, d, __, count, scale, gradient) => {
          const plain = new Float64Array(count);
          distance(y).value(s, d, [], count, plain);
          for (let e = 0; e < count; e++) gradient[0] += (right ? scale[e] : scale[0]) * plain[e];
        },
      });
    for (const right of [true, false]) {
      const { findings } = await modelOf(gate, scaled(right)).audit(batch, { estimators: [], steps: 0 });
      const wrong = findings.filter((finding) => finding.includes("parameterGradient of 'factor' is"));
      expect(wrong).to.have.length(right ? 0 : 1);
    }
  });

  it('takes no right derivative for wrong where an energy bends sharply, ends, or is of a layer that is clamped', async () => {
    const barrier = (h: Layer, reads: Interaction['reads'] = 'state'): Interaction => ({
      ...gate(h),
      reads,
      parameters: [{ name: 'strength', shape: [1], least: 0, initialise: (data) => void data.fill(1e-5) }],
      energy: ([s], [[g]], count, energy) => {
        if (!(g >= 0)) energy.fill(Number.NaN);
        for (let k = 0; k < s.length; k++) energy[Math.floor((k * count) / s.length)] += Math.sqrt(g) * Math.log(s[k]);
      },
      stateGradient: (_, [s], [[g]], __, gradient) => {
        for (let k = 0; k < s.length; k++) gradient[k] += Math.sqrt(g) / s[k];
      },
      parameterGradient: (_, [s], [[g]], __, scale, gradient) => {
        for (let k = 0; k < s.length; k++) gradient[0] += (scale * Math.log(s[k])) / (2 * Math.sqrt(g));
      },
    });
    const x = layer([3], { name: 'x', clamped: true });
    const h = layer([2000], { name: 'h', range: [0, 1] });
    const y = layer([2], { name: 'y' });
    const half = dense(x, y);
    const own: Interaction = {
      ...gate(y),
      ...{ kind: 'half', layers: [x, y], reads: 'activity', linear: true, parameters: half.parameters },
      energy: (...call) => half.energy(...call),
      stateGradient: (i, ...call) => (i === 0 ? undefined : half.stateGradient(i, ...call)),
      parameterGradient: (...call) => half.parameterGradient(...call),
    };
    const energy = sum(leak(h), leak(y), bias(h), dense(x, h), dense(h, y), own, barrier(h));
    const found = derivativesOf(
      { energy, cost: squaredError(y), input: x, output: y, clamped: new Set([x]) },
      [...energy.parameters.values()].map(({ spec: { shape, initialise } }) => {
        const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
        initialise(values, new Random(1));
        return values;
      }),
      batch.target,
    );
    expect(found.map(({ derivative }) => derivative)).to.deep.equal([
      "stateGradient of 'y'",
      "parameterGradient of 'weight'",
      "stateGradient of 'h'",
      "parameterGradient of 'strength'",
    ]);
    for (const { relativeError } of found) expect(relativeError).to.be.below(1e-3);
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
