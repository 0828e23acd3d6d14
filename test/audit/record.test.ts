import { expect } from 'chai';
import { anderson, coordinateDescent, euler, fixedPoint, hopfield, langevin, positive } from '../../lib/index.js';
import { expectRejects, floats, largestDifference, relativeError } from '../support.js';

const input = floats(4 * 6, 1);
const target = floats(4 * 3, 2);

for (const engine of ['native', 'javascript'] as const) {
  describe(`record, ${engine} engine`, () => {
    const model = hopfield([6, 5, 3], { seed: 1, engine });

    it('ends where settle does, for every example', async () => {
      for (const dynamics of [
        euler({ iterations: 200, tolerance: 1e-3 }),
        fixedPoint({ iterations: 50, tolerance: 1e-3, relaxation: 0.8 }),
        coordinateDescent({ iterations: 50, tolerance: 1e-3 }),
      ]) {
        const call = { input, target, beta: 0.3, dynamics };
        const [end, { moments, beta }] = [await model.settle(call), await model.record(call)];
        const last = moments[moments.length - 1];
        expect(beta).to.equal(0.3);
        expect(moments).to.have.length(1 + Math.max(...end.iterations));
        for (const name of Object.keys(end.state)) {
          expect(largestDifference(last.state[name], end.state[name]), `${dynamics.kind} ${name}`).to.be.below(1e-6);
        }
        expect(largestDifference(last.residual, end.residual)).to.be.below(1e-6);
        last.total.forEach((f, e) => {
          expect(f).to.be.closeTo(end.energy[e] + 0.3 * (end.cost?.[e] ?? Number.NaN), 1e-5);
        });
      }
    });

    it('begins where it starts, and tells F = E at β = 0, without a cost where there is no target', async () => {
      const { moments } = await model.record({ input, dynamics: euler({ iterations: 3 }) });
      expect(moments).to.have.length(4);
      expect([...moments[0].state.hidden1]).to.deep.equal(new Array(20).fill(0));
      expect([...moments[0].residual]).to.deep.equal([0, 0, 0, 0]);
      expect(moments[2].total).to.deep.equal(moments[2].energy);
      expect(moments[2]).to.not.have.any.keys('cost', 'updates');
    });

    it('has updates that add up to the contrast', async () => {
      const free = euler({ iterations: 300 });
      const nudged = euler({ iterations: 15 });
      const from = await model.settle({ input, dynamics: free });
      const { moments } = await model.record({ input, target, beta: 0.5, from, dynamics: nudged, updates: true });
      const gradient = await model.gradient({ input, target }, positive({ beta: 0.5, free, nudged }));
      for (const [name, expected] of Object.entries(gradient)) {
        const sum = new Float64Array(expected.length);
        for (const { updates } of moments) {
          for (let k = 0; k < sum.length; k++) sum[k] += updates?.[name][k] ?? Number.NaN;
        }
        expect(relativeError(sum, Float64Array.from(expected)), name).to.be.below(1e-4);
      }
    });

    it('refuses what it cannot follow', async () => {
      const record = (options: object) => model.record(options as never);
      await expectRejects(record({ input, dynamics: anderson() }), 'ERR_ARGUMENT', 'memory', 'anderson');
      await expectRejects(record({ input, updates: 1 }), 'ERR_ARGUMENT', 'record updates', '1');
      await expectRejects(record({ input, steps: 1 }), 'ERR_NAME', 'record options', "'steps'");
      await expectRejects(record({ input: floats(5, 1) }), 'ERR_SHAPE', 'record input', '5');
    });
  });
}

describe('record', () => {
  it('follows states that fluctuate', async () => {
    const model = hopfield([6, 3], { seed: 1, engine: 'javascript', activation: 'linear' });
    const dynamics = langevin({ temperature: 0.1, iterations: 20 });
    const { moments } = await model.record({ input, dynamics });
    expect(moments).to.have.length(21);
    expect(moments[20].state.output).to.not.deep.equal(moments[19].state.output);
  });
});
