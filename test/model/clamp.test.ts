import { expect } from 'chai';
import {
  bias,
  coordinateDescent,
  type Dynamics,
  dense,
  euler,
  type Interaction,
  type Layer,
  lateral,
  layer,
  leak,
  Model,
  type ModelOptions,
  memory,
  potential,
  squaredError,
  sum,
} from '../../lib/index.js';
import { expectRejects, floats, largestDifference } from '../support.js';

const dynamics: Dynamics = coordinateDescent({ iterations: 500, tolerance: 1e-6 });

/** An image, a hidden layer and a label; the image may settle, too. */
function makeModel(options: ModelOptions): Model {
  const x = layer([6], { name: 'x', clamped: true, activation: 'hardSigmoid' });
  const h = layer([8], { name: 'h' });
  const y = layer([3], { name: 'y' });
  const energy = sum(leak(x), leak(h), leak(y), bias(x), bias(h), bias(y), dense(x, h), dense(h, y));
  const model = new Model({ energy, cost: squaredError(y), input: x, output: y, seed: 2, dynamics, ...options });
  model.setParameters({ 'bias1.bias': floats(6, 7), 'bias2.bias': floats(8, 8), 'bias3.bias': floats(3, 9) });
  return model;
}

for (const engine of ['native', 'javascript'] as const) {
  describe(`clamping by call, ${engine} engine`, () => {
    // In any other precision a layer differs a little between being free and being clamped.
    const chosen = engine === 'native' ? ({ engine, precision: 'float32' } as const) : { engine };
    const model = makeModel(chosen);
    const batch = 5;
    const input = floats(batch * 6, 1);
    const label = floats(batch * 3, 2);

    it('settles the input where the output is clamped, and the rest of both', async () => {
      const end = await model.settle({ clamp: { y: label } });
      expect(end.converged).to.not.include(false);
      expect([...end.state.y]).to.deep.equal([...label]);
      expect([...end.state.x]).to.not.deep.equal([...input]);
      // At rest nothing pulls at what is within its range.
      const again = await model.settle({ clamp: { y: label }, from: end });
      expect(largestDifference(again.state.x, end.state.x)).to.be.below(1e-5);
    });

    it('clamping the input by name is what giving it is', async () => {
      const [a, b] = [await model.settle({ input }), await model.settle({ clamp: { x: input } })];
      expect(a).to.deep.equal(b);
    });

    it('holds some units where they are, for the batch or for each example, and settles the others', async () => {
      const mask = Uint8Array.of(1, 1, 1, 0, 0, 0);
      const end = await model.settle({ clamp: { x: { values: input, mask } } });
      const each = Uint8Array.from({ length: batch * 6 }, (_, j) => mask[j % 6]);
      expect(await model.settle({ clamp: { x: { values: input, mask: each } } })).to.deep.equal(end);
      each.forEach((held, j) => {
        if (held) expect(end.state.x[j]).to.be.closeTo(input[j], 1e-7);
      });
      // The completed image, clamped whole, leaves everything where it was.
      const whole = await model.settle({ input: end.state.x, from: end });
      expect(largestDifference(whole.state.h, end.state.h)).to.be.below(1e-5);
      expect(largestDifference(whole.state.y, end.state.y)).to.be.below(1e-5);
      // All units held is the layer clamped.
      const all = await model.settle({ clamp: { x: { values: input, mask: new Uint8Array(6).fill(1) } } });
      const given = await model.settle({ input });
      expect(largestDifference(all.state.y, given.state.y)).to.be.below(1e-5);
      expect(largestDifference(Float64Array.from(all.energy), Float64Array.from(given.energy))).to.be.below(1e-4);
    });

    it('clamps several layers, hidden ones too', async () => {
      const hidden = floats(batch * 8, 3);
      const end = await model.settle({ input, clamp: { h: hidden } });
      expect([...end.state.h]).to.deep.equal([...hidden]);
      const both = await model.settle({ clamp: { h: hidden, y: label } });
      expect([...both.state.y]).to.deep.equal([...label]);
      const nothing = await model.settle({ input, clamp: { h: hidden, y: label } });
      expect(nothing.converged).to.not.include(false);
    });

    it('sees the parameters that were written last', async () => {
      const own = makeModel(chosen);
      const before = await own.settle({ clamp: { y: label } });
      own.setParameters({ 'bias1.bias': floats(6, 33) });
      const after = await own.settle({ clamp: { y: label } });
      expect(largestDifference(after.state.x, before.state.x)).to.be.above(0.01);
      own.dispose();
    });

    it('is refused in words where it makes no sense', async () => {
      const settle = (options: object) => model.settle(options as never);
      await expectRejects(settle({}), 'ERR_ARGUMENT', 'input or clamp');
      await expectRejects(settle({ clamp: { z: label } }), 'ERR_NAME', "settle clamp has no layer 'z'", 'x, h, y');
      await expectRejects(settle({ input, clamp: { x: input } }), 'ERR_ARGUMENT', "'x'", 'input');
      await expectRejects(settle({ input, clamp: { y: floats(4, 1) } }), 'ERR_SHAPE', 'clamp.y', '15');
      await expectRejects(settle({ clamp: { y: 3 } }), 'ERR_ARGUMENT', 'clamp.y');
      const mask = (m: unknown) => settle({ clamp: { x: { values: input, mask: m } } });
      await expectRejects(mask(new Uint8Array(5)), 'ERR_SHAPE', 'clamp.x mask', 'Uint8Array of 6', 'length 5');
      await expectRejects(mask([1, 0]), 'ERR_SHAPE', 'clamp.x mask');
      await expectRejects(mask(undefined), 'ERR_ARGUMENT', 'clamp.x', 'mask');
      await expectRejects(mask(new Uint8Array(6).fill(2)), 'ERR_ARGUMENT', 'mask', '0 and 1', '2');
      const nudged = { clamp: { y: label }, target: label, beta: 1 };
      await expectRejects(settle(nudged), 'ERR_ARGUMENT', 'beta', 'clamped');
    });
  });
}

describe('clamping by call', () => {
  it('does not let a layer go that nothing bounds', async () => {
    const x = layer([2], { name: 'x', clamped: true });
    const y = layer([2], { name: 'y' });
    const model = new Model({ energy: sum(leak(y), dense(x, y)), cost: squaredError(y), input: x, output: y });
    const free = model.settle({ clamp: { y: floats(2, 1) }, dynamics: euler() });
    await expectRejects(free, 'ERR_ARGUMENT', "'x'", 'range or a leak');
  });

  it('asks for an energy that curves upwards in the layer, not for just any that is not linear', async () => {
    const clamp = { y: floats(2, 1) };
    const settle = (...own: ((x: Layer) => Interaction)[]) => {
      const x = layer([2], { name: 'x', clamped: true });
      const y = layer([2], { name: 'y' });
      const energy = sum(leak(y), dense(x, y), ...own.map((make) => make(x)));
      const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript' });
      return model.settle({ clamp, dynamics: euler({ iterations: 50 }) });
    };
    const curvedDown: readonly ((x: Layer) => Interaction)[] = [
      (x) => lateral(x),
      (x) => memory(x, 3),
      (x) => potential(x, [0, 1]),
      (x) => potential(x, [0, 0, -1]),
    ];
    for (const own of curvedDown) {
      await expectRejects(settle(own), 'ERR_ARGUMENT', "'x'", 'range or a leak');
      const { state } = await settle(own, (x) => leak(x, { strength: 4 }));
      expect(state.x.every(Number.isFinite)).to.equal(true);
    }
    const curvedUp: readonly ((x: Layer) => Interaction)[] = [
      (x) => potential(x, [0, 0, 1]), // as a leak
      (x) => potential(x, [0, 0, -1, 0, 1]), // says no curvature
    ];
    for (const own of curvedUp) {
      const { state } = await settle(own);
      expect(Math.max(...state.x.map(Math.abs))).to.be.below(10);
    }
  });
});
