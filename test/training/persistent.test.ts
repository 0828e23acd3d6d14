import { expect } from 'chai';
import { chooseEngine } from '../../lib/engine/choose.js';
import type { LoadedData } from '../../lib/engine/engine.js';
import { dataset, dense, fixedPoint, layer, leak, positive, squaredError, sum } from '../../lib/index.js';
import { PIECE_BYTES } from '../../lib/pieces.js';
import { readPersistent, writePersistent } from '../../lib/training/persistent.js';
import { expectRejects, floats, turnsDuring } from '../support.js';

const units = 3000;
const examples = Math.ceil((3.5 * PIECE_BYTES) / 4 / units);
const [x, a, y] = [3, units - 2, 2].map((size, i) => layer([size], { name: 'xay'[i], clamped: i === 0 }));
const energy = sum(leak(a), leak(y), dense(x, a), dense(a, y));
const problem = { energy, cost: squaredError(y), input: x, output: y, clamped: new Set([x]) };
const phases = { free: fixedPoint({ iterations: 2 }), nudged: fixedPoint({ iterations: 1 }) };
const data = dataset({ inputs: floats(examples * 3, 1), shape: [3], targets: floats(examples * 2, 2) });
const order = Uint32Array.from({ length: examples }, (_, i) => examples - 1 - i);

for (const engine of ['native', 'javascript'] as const) {
  describe(`persistent states in the ${engine} engine`, () => {
    const plan = chooseEngine({ engine, threads: 1 }).compile(problem);
    after(() => plan.dispose());
    const loaded = plan.load(data);
    const seen = examples - 100;
    before(() => {
      plan.write(plan.read().map(({ length }, i) => floats(length, i, -0.1, 0.1)));
      return plan.train({
        data: loaded,
        order,
        until: seen,
        batchSize: seen,
        programs: positive({ beta: 0.5, ...phases }).programs,
        choice: Uint32Array.of(0, 0),
        seed: 0,
        rates: [0.1, 0.1],
        start: 'persistent',
        stepsBefore: 0,
      });
    });

    it('are none before a training keeps some', async () => {
      expect(await readPersistent(plan.load(data), examples, units)).to.equal(undefined);
    });

    it('are read in several pieces as in one; those of examples that were not seen are 0', async () => {
      const whole = { states: new Float32Array(examples * units).fill(7), visited: new Uint8Array(examples) };
      expect(loaded.readPersistent(0, whole)).to.equal(true);
      expect(await readPersistent(loaded, examples, units)).to.deep.equal(whole);
      expect(whole.visited).to.deep.equal(Uint8Array.from({ length: examples }, (_, i) => (i < 100 ? 0 : 1)));
      expect(whole.states.subarray(0, 100 * units).every((state) => state === 0)).to.equal(true);
      const rest = whole.states.subarray(100 * units);
      expect(rest.some((state) => state !== 0) && rest.every(Number.isFinite)).to.equal(true);
    });

    it('are written in pieces, over what was there', async () => {
      const kept = await readPersistent(loaded, examples, units);
      const other = plan.load(data);
      for (const visited of [new Uint8Array(examples).fill(1), kept?.visited ?? new Uint8Array(examples)]) {
        const all = { states: kept?.states ?? new Float32Array(0), visited };
        await writePersistent(other, all, units);
        expect(await readPersistent(other, examples, units)).to.deep.equal(all);
      }
    });

    it('do not hold the thread up', async () => {
      expect(await turnsDuring(() => readPersistent(loaded, examples, units))).to.be.at.least(3);
      const kept = await readPersistent(loaded, examples, units);
      if (kept) expect(await turnsDuring(() => writePersistent(loaded, kept, units))).to.be.at.least(3);
    });

    it('are still read from a plan that was disposed, not written', async () => {
      const gone = chooseEngine({ engine, threads: 1 }).compile(problem);
      const held = gone.load(data);
      const kept = { states: new Float32Array(units).fill(0.5), visited: Uint8Array.of(1) };
      held.writePersistent(3, kept);
      gone.dispose();
      const read = { states: new Float32Array(units), visited: new Uint8Array(1) };
      expect(held.readPersistent(3, read)).to.equal(true);
      expect(read).to.deep.equal(kept);
      if (engine === 'native') {
        const write = () => held.writePersistent(3, kept);
        expect(write).to.throw('disposed').with.property('code', 'ERR_DISPOSED');
      }
    });
  });
}

describe('persistent states', () => {
  it('that there is no room for are an error with a code', async () => {
    const data: LoadedData = { readPersistent: () => true, writePersistent: () => {}, release: () => {} };
    await expectRejects(readPersistent(data, 2 ** 30, 2 ** 20), 'ERR_MEMORY', 'not enough memory');
  });

  it('and data that were loaded for another network are refused', async () => {
    const [plan, other] = [problem, { ...problem, cost: squaredError(a), output: a }].map((of) =>
      chooseEngine({ engine: 'native' }).compile(of),
    );
    const loaded = plan.load(data);
    const evaluate = { data: loaded, dynamics: phases.free, start: 'zero', outputs: false, seed: 0 } as const;
    await plan.evaluate(evaluate);
    await expectRejects(other.evaluate(evaluate), 'ERR_INTERNAL', 'another network');
    const kept = { states: new Float32Array(units), visited: Uint8Array.of(1) };
    loaded.writePersistent(examples - 1, kept);
    expect(() => loaded.writePersistent(examples, kept)).to.throw('more examples');
    expect(() => loaded.readPersistent(2 ** 32 + 1, kept)).to.throw('more examples');
    for (const held of [plan, other]) held.dispose();
  });
});
