import { expect } from 'chai';
import {
  bias,
  centered,
  colouring,
  coordinateDescent,
  dense,
  euler,
  fixedPoint,
  hopfield,
  type Layer,
  layer,
  leak,
  Model,
  squaredError,
  sum,
} from '../../lib/index.js';
import { expectRejects, expectThrows, floats, instructionSets, largestDifference } from '../support.js';

const engines = ['native', 'javascript'] as const;

/** Two units that inhibit each other, both driven by the input. */
function inhibiting(engine: 'native' | 'javascript'): Model {
  const x = layer([1], { name: 'x', clamped: true });
  const [a, b] = [layer([1], { name: 'a' }), layer([1], { name: 'b' })];
  const energy = sum(leak(a), leak(b), dense(x, a), dense(x, b), dense(a, b));
  const model = new Model({ energy, cost: squaredError(b), input: x, output: b, engine });
  const weights = { 'dense1.weight': 1, 'dense2.weight': 0.9, 'dense3.weight': -2 };
  model.setParameters(Object.fromEntries(Object.entries(weights).map(([name, w]) => [name, Float32Array.of(w)])));
  return model;
}

for (const engine of engines) {
  describe(`dynamics on the ${engine} engine`, () => {
    const input = floats(5 * 12, 1);
    const target = floats(5 * 4, 2);
    const model = hopfield([12, 9, 7, 4], { seed: 2, engine, gain: 0.7 }); // so low that there is one equilibrium

    it('all lead to the same equilibrium, free and nudged', async () => {
      for (const beta of [0, 0.5, -0.5]) {
        const at = async (dynamics: ReturnType<typeof euler> | ReturnType<typeof coordinateDescent>) => {
          const end = await model.settle({ input, target, beta, dynamics });
          expect(end.converged, `${dynamics.kind} at β ${beta}`).to.not.include(false);
          return end;
        };
        const options = { iterations: 2000, tolerance: 1e-6 };
        const reference = await at(euler(options));
        for (const dynamics of [
          coordinateDescent(options),
          coordinateDescent({ ...options, relaxation: 1.2 }),
          { ...euler(options), stepSize: 0.2 },
        ]) {
          const end = await at(dynamics);
          expect(largestDifference(end.state.output, reference.state.output)).to.be.below(2e-5);
          expect(largestDifference(end.state.hidden1, reference.state.hidden1)).to.be.below(2e-5);
        }
      }
    });

    it('coordinate descent needs fewer iterations than Euler’s method', async () => {
      const count = async (dynamics: ReturnType<typeof euler> | ReturnType<typeof coordinateDescent>) =>
        Math.max(...(await model.settle({ input, dynamics })).iterations);
      const options = { iterations: 500, tolerance: 1e-4 };
      expect(await count(coordinateDescent(options))).to.be.below(0.6 * (await count(euler(options))));
    });

    it('a free phase’s energy never rises along coordinate descent or small Euler steps', async () => {
      for (const dynamics of [coordinateDescent({ iterations: 1 }), euler({ iterations: 1, stepSize: 0.05 })]) {
        let end = await model.settle({ input, dynamics: { ...dynamics, iterations: 0 } });
        for (let step = 0; step < 40; step++) {
          const next = await model.settle({ input, from: end, dynamics });
          for (let e = 0; e < 5; e++) expect(next.energy[e]).to.be.at.most(end.energy[e] + 1e-6);
          end = next;
        }
      }
    });

    it('units that inhibit each other cycle under the synchronous fixed point, and are said not to rest', async () => {
      const pair = inhibiting(engine);
      const x = Float32Array.of(1);
      const options = { iterations: 101, tolerance: 1e-3 };
      const cycling = await pair.settle({ input: x, dynamics: fixedPoint(options) });
      expect(cycling.converged).to.deep.equal([false]);
      expect(cycling.iterations[0]).to.equal(101);
      expect(cycling.residual[0]).to.be.above(0.5);
      for (const dynamics of [
        fixedPoint({ ...options, relaxation: 0.4 }),
        coordinateDescent(options),
        euler(options),
      ]) {
        expect((await pair.settle({ input: x, dynamics })).converged, dynamics.kind).to.deep.equal([true]);
      }
      const rest = await pair.settle({ input: x, dynamics: coordinateDescent(options) });
      expect([...rest.state.a, ...rest.state.b]).to.deep.equal([1, 0]);
    });

    it('a tolerance that its numbers cannot reach is told with the residual, and ends with the iterations', async () => {
      const many = floats(60 * 12, 3);
      const precision = engine === 'native' ? 2 ** -24 : 2 ** -53;
      for (const isa of engine === 'native' ? instructionSets() : [undefined]) {
        const own = hopfield([12, 40, 30, 4], { seed: 2, gain: 1.2, engine, ...(isa && { isa }) });
        const dynamics = coordinateDescent({ relaxation: 1.3, iterations: 1000, tolerance: 1e-30 });
        const { converged, residual, iterations } = await own.settle({ input: many, dynamics });
        expect(converged, isa).to.include(false);
        converged.forEach((rests, e) => {
          expect(rests).to.equal(residual[e] <= 1e-30);
          if (rests) return;
          expect(iterations[e]).to.equal(1000);
          expect(residual[e]).to.be.within(precision / 1e6, 64 * precision);
        });
        own.dispose();
      }
    });

    it('the synchronous fixed point finds a smooth layer’s equilibrium too', async () => {
      const smooth = hopfield([12, 9, 4], { seed: 2, engine, activation: 'tanh', gain: 0.5 });
      const a = await smooth.settle({
        input,
        target,
        beta: 0.3,
        dynamics: fixedPoint({ iterations: 300, tolerance: 1e-6 }),
      });
      const b = await smooth.settle({
        input,
        target,
        beta: 0.3,
        dynamics: euler({ iterations: 900, tolerance: 1e-6 }),
      });
      expect(a.converged).to.not.include(false);
      expect(largestDifference(a.state.output, b.state.output)).to.be.below(2e-5);
    });

    it('are refused where the energy does not allow them', async () => {
      const tanh = hopfield([12, 9, 4], { engine, activation: 'tanh' });
      const descent = coordinateDescent();
      await expectRejects(
        tanh.settle({ input, dynamics: descent }),
        'ERR_ARGUMENT',
        'settle dynamics',
        'hidden1',
        'tanh',
      );
      const nudge = { input, target, beta: -1, dynamics: descent };
      await expectRejects(model.settle(nudge), 'ERR_ARGUMENT', 'settle dynamics', 'output', 'beta -1', 'lower beta');
      const estimator = centered({ beta: 1, free: descent, nudged: descent });
      await expectRejects(model.gradient({ input, target }, estimator), 'ERR_ARGUMENT', 'gradient estimator, phase 2');
      const bare = layer([4], { name: 'bare' });
      const x = layer([12], { clamped: true });
      const leakless = {
        energy: sum(dense(x, bare), bias(bare)),
        cost: squaredError(bare),
        input: x,
        output: bare,
        engine,
      };
      expectThrows(
        () => new Model({ ...leakless, dynamics: descent }),
        'ERR_ARGUMENT',
        'model dynamics',
        "'bare'",
        'leak',
      );
    });
  });
}

describe('relaxation', () => {
  it('lies between 0 and 2', () => {
    for (const make of [fixedPoint, coordinateDescent]) {
      const { kind } = make();
      expect(make()).to.deep.equal({ kind, relaxation: 1, iterations: 20, tolerance: 0 });
      for (const relaxation of [0, 2, -1, Number.NaN]) {
        expectThrows(() => make({ relaxation }), 'ERR_ARGUMENT', `${kind} relaxation`, String(relaxation));
      }
      expectThrows(() => make({ stepSize: 1 } as never), 'ERR_NAME', "'stepSize'");
    }
  });
});

describe('a sweep of coordinate descent', () => {
  for (const engine of engines) {
    it(`carries a nudge to every layer: ${engine}`, async () => {
      const model = hopfield([4, 6, 6, 6, 3], { engine, seed: 1, output: { activation: 'linear' } });
      const input = floats(4, 1);
      const free = await model.settle({ input, dynamics: coordinateDescent({ iterations: 100 }) });
      const nudge = { input, target: Float32Array.of(3, 3, 3), beta: 0.5, from: free };
      const { state } = await model.settle({ ...nudge, dynamics: coordinateDescent({ iterations: 1 }) });
      for (const name of ['hidden1', 'hidden2', 'hidden3', 'output']) {
        expect(largestDifference(state[name], free.state[name]), name).to.be.above(1e-4);
      }
    });
  }
});

describe('colouring', () => {
  it('of a chain is one layer after the other, from the clamped ones or from the output', () => {
    const { energy, input, output } = hopfield([2, 2, 2, 2, 2], { engine: 'javascript' });
    const names = (groups: Layer[][]) => groups.map((group) => group.map((l) => l.name));
    const chain = [['hidden1'], ['hidden2'], ['hidden3'], ['output']];
    expect(names(colouring(energy))).to.deep.equal(chain);
    expect(names(colouring(energy, new Set([input]), new Set([output])))).to.deep.equal(chain.toReversed());
  });

  it('never gives neighbours one colour, on random graphs with skip connections', () => {
    for (let seed = 1; seed <= 100; seed++) {
      const draw = floats(64, seed);
      const layers = Array.from({ length: 8 }, (_, i) => layer([1], { name: `l${i}`, clamped: i === 0 }));
      const pairs = layers.flatMap((a, i) =>
        layers.slice(i + 1).map((b, k) => [a, b, draw[(i * 8 + k) % 64]] as const),
      );
      const joined = pairs.filter(([, , p]) => p < 0.4);
      const energy = sum(...layers.slice(1).map((l) => leak(l)), ...joined.map(([a, b]) => dense(a, b)));
      const groups = colouring(energy);
      expect(groups.flat()).to.have.members(layers.slice(1));
      for (const group of groups) {
        for (const [a, b] of joined) expect(group.includes(a) && group.includes(b)).to.equal(false);
      }
    }
  });
});
