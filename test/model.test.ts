import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type Cost,
  centered,
  dataset,
  dense,
  euler,
  hopfield,
  type Interaction,
  inputsOnly,
  layer,
  leak,
  Model,
  squaredError,
  sum,
} from '../lib/index.js';
import { slack } from './slack.js';
import { expectError, expectRejects, expectThrows, fingerprint, floats, largestDifference } from './support.js';

const sizes = [6, 5, 3];
const input = floats(2 * 6, 1);
const target = floats(2 * 3, 2);
const estimator = centered({ beta: 0.5, free: euler(), nudged: euler() });

for (const engine of ['native', 'javascript'] as const) {
  describe(`Model on the ${engine} engine`, () => {
    const model = hopfield(sizes, { seed: 4, engine });

    it('settles a batch: states by layer, and what is known of the end', async () => {
      const free = await model.settle({ input });
      expect(Object.keys(free.state)).to.have.members(['input', 'hidden1', 'output']);
      expect(free.state.hidden1).to.have.length(10);
      expect([...free.state.input]).to.deep.equal([...input]);
      expect(free.converged).to.deep.equal([true, true]);
      expect(Math.max(...free.residual)).to.be.at.most(1e-4);
      expect(free.cost).to.equal(undefined);
      expect(Math.max(...free.state.hidden1, ...free.state.output)).to.be.at.most(1);
      expect(Math.min(...free.state.hidden1, ...free.state.output)).to.be.at.least(0);
    });

    it('starts a nudged phase from a free equilibrium, and lowers the cost', async () => {
      const dynamics = euler({ iterations: 500, tolerance: 1e-6 });
      const free = await model.settle({ input, target, dynamics });
      const nudged = await model.settle({ input, target, beta: 0.3, from: free, dynamics });
      const fromZero = await model.settle({ input, target, beta: 0.3, dynamics });
      const total = (cost: Float64Array = new Float64Array(0)) => cost.reduce((a, b) => a + b, 0);
      expect(total(nudged.cost)).to.be.below(total(free.cost));
      expect(largestDifference(nudged.state.output, fromZero.state.output)).to.be.below(1e-4);
      const still = await model.settle({ input, from: free, dynamics: euler({ iterations: 0 }) });
      expect([...still.state.hidden1]).to.deep.equal([...free.state.hidden1]);
    });

    it('gives an example the same result whoever shares its batch', async () => {
      const many = floats(9 * 6, 3);
      const together = await model.settle({ input: many });
      for (const e of [0, 4, 8]) {
        const alone = await model.settle({ input: many.subarray(e * 6, e * 6 + 6) });
        expect([...alone.state.hidden1]).to.deep.equal([...together.state.hidden1.subarray(e * 5, e * 5 + 5)]);
        expect(alone.iterations[0]).to.equal(together.iterations[e]);
      }
    });

    it('copies what it is given: an array may be transferred while it works', async () => {
      const mine = input.slice();
      const pending = model.settle({ input: mine });
      structuredClone(mine.buffer, { transfer: [mine.buffer] });
      const expected = await model.settle({ input });
      expect([...(await pending).state.output]).to.deep.equal([...expected.state.output]);
      await expectRejects(model.settle({ input: mine }), 'ERR_ARGUMENT', 'settle input', 'detached');
    });

    it('hands out copies of parameters and takes new values', () => {
      const { shape, data } = model.parameters.get('dense1.weight') ?? { shape: [], data: new Float32Array() };
      expect(shape).to.deep.equal([6, 5]);
      const kept = fingerprint(model);
      data.fill(9);
      expect(fingerprint(model)).to.equal(kept);
      const other = hopfield(sizes, { seed: 5, engine });
      other.setParameters({ 'dense1.weight': new Float32Array(30).fill(0.25) });
      expect([...(other.parameters.get('dense1.weight')?.data ?? [])]).to.deep.equal(Array(30).fill(0.25));
    });

    it('predicts the unit with the highest state', async () => {
      const labels = await model.predict(input);
      const { state } = await model.settle({ input });
      expect(labels).to.be.an.instanceOf(Uint32Array);
      expect([...labels]).to.deep.equal(
        [0, 1].map((e) => {
          const row = [...state.output.subarray(e * 3, e * 3 + 3)];
          return row.indexOf(Math.max(...row));
        }),
      );
    });

    it('reads out what the cost compares with targets', async () => {
      const { state } = await model.settle({ input });
      const outputs = await model.readOut(input);
      expect([...outputs]).to.deep.equal([...state.output]);
      expect(await model.readOut(inputsOnly({ inputs: input, shape: [6] }))).to.deep.equal(outputs);
      await expectRejects(model.readOut(new Float32Array(5)), 'ERR_SHAPE', 'readOut inputs');
      await expectRejects(model.readOut(input, { batch: 1 } as never), 'ERR_NAME', 'readOut options');

      const logits = hopfield(sizes, { seed: 2, engine, cost: 'crossEntropyReadOut' });
      const [weight, bias] = ['weight', 'bias'].map(
        (name) => logits.parameters.get(`crossEntropyReadOut.${name}`)?.data ?? [],
      );
      const { hidden1 } = (await logits.settle({ input })).state;
      const expected = [0, 1, 2].map((k) =>
        [...hidden1.subarray(0, 5)].reduce((z, y, i) => z + y * weight[i * 3 + k], bias[k]),
      );
      const z = await logits.readOut(input);
      expect(z).to.have.length(6);
      for (const [k, wanted] of expected.entries()) expect(z[k]).to.be.closeTo(wanted, 1e-5);
    });

    it('evaluates error, cost and energy', async () => {
      const labels = await model.predict(input);
      const right = dataset({ inputs: input, shape: [6], labels, classes: 3 });
      const wrong = dataset({ inputs: input, shape: [6], labels: labels.map((l) => (l + 1) % 3), classes: 3 });
      expect(await model.evaluate(right)).to.include({ error: 0, count: 2 });
      expect((await model.evaluate(wrong)).error).to.equal(1);
      const regression = await model.evaluate(dataset({ inputs: input, shape: [6], targets: target }));
      const { cost } = await model.settle({ input, target });
      expect(regression.error).to.equal(undefined);
      expect(regression.cost).to.be.closeTo(((cost?.[0] ?? 0) + (cost?.[1] ?? 0)) / 2, 1e-6);
    });

    it('refuses wrong arguments with a sentence that names them', async () => {
      const settle = (options: object) => model.settle({ input, ...options } as never);
      await expectRejects(settle({ input: new Float32Array(7) }), 'ERR_SHAPE', 'settle input', 'length 7', '6 numbers');
      await expectRejects(settle({ input: new Float32Array(0) }), 'ERR_SHAPE', 'settle input');
      await expectRejects(settle({ input: [1, 2] }), 'ERR_ARGUMENT', 'settle input', 'Float32Array', 'length 2');
      await expectRejects(settle({ input: new Int8Array(6) }), 'ERR_ARGUMENT', 'settle input', 'Int8Array');
      const nan = input.slice();
      nan[3] = Number.NaN;
      await expectRejects(settle({ input: nan }), 'ERR_ARGUMENT', 'settle input', 'NaN', 'index 3');
      nan[3] = Infinity;
      await expectRejects(settle({ input: nan }), 'ERR_ARGUMENT', 'settle input', 'Infinity');
      await expectRejects(settle({ beta: 1 }), 'ERR_ARGUMENT', 'settle target');
      await expectRejects(settle({ beta: Number.NaN, target }), 'ERR_ARGUMENT', 'settle beta', 'NaN');
      await expectRejects(settle({ target: new Float32Array(5) }), 'ERR_SHAPE', 'settle target', '[2, 3]', 'length 5');
      await expectRejects(settle({ dynamics: 7 }), 'ERR_ARGUMENT', 'settle dynamics', '7');
      await expectRejects(settle({ temperature: 7 }), 'ERR_NAME', 'settle options', "'temperature'");
      await expectRejects(settle({ from: { state: {} } }), 'ERR_ARGUMENT', 'from.state.hidden1', 'undefined');
      await expectRejects(settle({ from: { state: { hidden9: target } } }), 'ERR_NAME', "'hidden9'");
      await expectRejects(settle({ signal: {} }), 'ERR_ARGUMENT', 'settle signal', 'AbortSignal');
      await expectRejects(model.settle(null as never), 'ERR_ARGUMENT', 'settle options', 'null');
      await expectRejects(model.gradient({ input, target: input }, estimator), 'ERR_SHAPE', 'gradient target');
      await expectRejects(model.gradient({ input, target }, {} as never), 'ERR_ARGUMENT', 'gradient estimator');
      await expectRejects(model.predict(new Float32Array(5)), 'ERR_SHAPE', 'predict inputs');
      await expectRejects(model.evaluate({} as never), 'ERR_ARGUMENT', 'evaluate data', 'data set');
      const narrow = dataset({ inputs: new Float32Array(4), shape: [2, 2], labels: [1] });
      await expectRejects(model.evaluate(narrow), 'ERR_SHAPE', 'evaluate data', '6 numbers', '[2, 2]');
      const few = dataset({ inputs: new Float32Array(6), shape: [6], labels: [1] });
      await expectRejects(model.evaluate(few), 'ERR_SHAPE', 'evaluate data', '3 classes', '2');
      const alone = inputsOnly({ inputs: new Float32Array(6), shape: [6] });
      await expectRejects(model.evaluate(alone), 'ERR_ARGUMENT', 'evaluate data', 'labels or targets');
      expectThrows(() => model.setParameters({ nothing: input }), 'ERR_NAME', "'nothing'", 'dense1.weight');
      expectThrows(() => model.setParameters({ 'bias1.bias': input }), 'ERR_SHAPE', 'bias1.bias', '[5]', 'length 12');
    });

    it('writes nothing if one of several parameters does not fit into float32', () => {
      if (engine === 'javascript') return; // float64 holds it
      const kept = fingerprint(model);
      const values = { 'bias1.bias': new Float64Array(5).fill(1), 'bias2.bias': new Float64Array(3).fill(1e39) };
      expectThrows(() => model.setParameters(values), 'ERR_ARGUMENT', 'bias2.bias', 'float32');
      expect(fingerprint(model)).to.equal(kept);
    });

    it('writes nothing if one of several parameters is wrong', () => {
      const kept = fingerprint(model);
      const good = new Float32Array(5);
      const bad = new Float32Array(3).fill(Number.NaN);
      expectThrows(
        () => model.setParameters({ 'bias1.bias': good, 'bias2.bias': bad }),
        'ERR_ARGUMENT',
        'bias2.bias',
        'NaN',
      );
      expect(fingerprint(model)).to.equal(kept);
    });

    it('is of no use after dispose', async () => {
      const gone = hopfield(sizes, { engine });
      const long = { input: floats(6 * 400, 1), dynamics: euler({ iterations: 100000 }) };
      const pending = gone.settle(long);
      const recording = gone.record({ ...long, dynamics: euler({ iterations: 1000 }) });
      gone.dispose();
      gone.dispose();
      await expectRejects(pending, 'ERR_DISPOSED', 'disposed');
      await expectRejects(recording, 'ERR_DISPOSED', 'disposed');
      await expectRejects(gone.settle({ input }), 'ERR_DISPOSED', 'dispose');
      await expectRejects(gone.gradient({ input, target }, estimator), 'ERR_DISPOSED');
      await expectRejects(gone.fit({} as never, {} as never), 'ERR_DISPOSED');
      await expectRejects(gone.evaluate({} as never), 'ERR_DISPOSED');
      await expectRejects(gone.predict(input), 'ERR_DISPOSED');
      await expectRejects(gone.save('x'), 'ERR_DISPOSED');
      expectThrows(() => gone.parameters, 'ERR_DISPOSED');
      expectThrows(() => gone.setParameters({}), 'ERR_DISPOSED');
    });

    it('delivers a result that was ready when the model was disposed, or says that it was disposed', async () => {
      for (let i = 0; i < 20; i++) {
        const gone = hopfield(sizes, { engine });
        const pending = gone.settle({ input }).catch((error) => error);
        const until = performance.now() + 3;
        while (performance.now() < until); // the job ends while this thread cannot take its result
        gone.dispose();
        const end = await pending;
        if (end instanceof Error) expect(end).to.have.property('code', 'ERR_DISPOSED');
        else expect(end.state.output).to.have.length(6);
      }
    });

    it('refuses an estimator of one’s own that is none', async () => {
      const dynamics = euler();
      const free = { beta: 0, dynamics, from: 'start' } as const;
      const term = { phase: 0, coefficient: 1 };
      const gradient = (...programs: unknown[]) =>
        model.gradient({ input, target }, { name: 'mine', settings: {}, programs } as never);
      await gradient({ phases: [free], terms: [term] });
      await expectRejects(gradient(), 'ERR_ARGUMENT', 'gradient estimator');
      await expectRejects(gradient({}), 'ERR_ARGUMENT', 'programs[0] phases', 'undefined');
      await expectRejects(gradient({ phases: [], terms: [] }), 'ERR_ARGUMENT', 'programs[0]', 'one or more phases');
      await expectRejects(gradient({ phases: [free], terms: [] }), 'ERR_ARGUMENT', 'programs[0]', 'terms');
      await expectRejects(gradient({ phases: [{ ...free, beta: 1 }], terms: [term] }), 'ERR_ARGUMENT', 'beta', 'free');
      await expectRejects(
        gradient({ phases: [free, { ...free, from: 1 }], terms: [term] }),
        'ERR_ARGUMENT',
        'from',
        '1',
      );
      await expectRejects(gradient({ phases: [free], terms: [{ ...term, phase: 7 }] }), 'ERR_ARGUMENT', 'phase', '7');
      const nan = { phases: [free], terms: [{ phase: 0, coefficient: Number.NaN }] };
      await expectRejects(gradient(nan), 'ERR_ARGUMENT', 'coefficient', 'NaN');
      await expectRejects(gradient({ phases: [{ ...free, dynamics: {} }], terms: [term] }), 'ERR_ARGUMENT', 'dynamics');
    });

    it('never looks at a data set’s targets to predict, and looks at its labels anew to evaluate', async () => {
      const many = dataset({ inputs: input, shape: [6], labels: [0, 8] });
      expect(await model.predict(many)).to.have.length(2);
      const set = dataset({ inputs: input, shape: [6], labels: [0, 1], classes: 3 });
      if (set.labels) set.labels[1] = 77;
      await expectRejects(model.evaluate(set), 'ERR_ARGUMENT', 'evaluate data labels', '77', 'index 1');
      if (set.labels) structuredClone(set.labels.buffer, { transfer: [set.labels.buffer as ArrayBuffer] });
      await expectRejects(model.evaluate(set), 'ERR_ARGUMENT', 'evaluate data labels', 'detached');
      await expectRejects(model.settle({ input, target: null as never }), 'ERR_ARGUMENT', 'settle target', 'null');
    });

    it('says where a state ceases to be a number, in every call', async () => {
      const linear = hopfield([2, 3], { engine, activation: 'linear' });
      const huge = engine === 'native' ? 3e38 : 1e308;
      linear.setParameters({ 'dense1.weight': Float64Array.of(huge, -huge, 0.1, huge, -huge, 0.1) });
      const dynamics = euler({ iterations: 50, tolerance: 1e-3 });
      const ones = Float32Array.of(0, 0, 1, 1); // the first example stays finite
      const target = new Float32Array(6);
      const labelled = dataset({ inputs: ones, shape: [2], labels: [0, 0], classes: 3 });
      const estimator = centered({ beta: 0.1, free: dynamics, nudged: dynamics });
      const calls = {
        settle: () => linear.settle({ input: ones, dynamics }),
        record: () => linear.record({ input: ones, dynamics }),
        gradient: () => linear.gradient({ input: ones, target }, estimator),
        evaluate: () => linear.evaluate(labelled, { dynamics }),
        predict: () => linear.predict(ones, { dynamics }),
      };
      for (const [call, run] of Object.entries(calls)) {
        const error = await run().catch((e) => e);
        expectError(error, 'ERR_DIVERGED', "settling stopped at iteration 1: the state of 'output' is not finite");
        expect(error, call).to.deep.include({ step: 1, kind: 'state', tensor: 'output' });
      }
      const { state } = await linear.settle({ input: ones.subarray(0, 2), dynamics });
      expect(state.output.every(Number.isFinite)).to.equal(true);
    });

    it('lets a call that waits for its turn be aborted', async () => {
      const stop = new AbortController();
      const long = { input, dynamics: euler({ iterations: 1e6, stepSize: 1e-4 }), signal: stop.signal };
      const first = model.settle(long).catch((error) => error);
      await pause(20); // until the first has its turn
      const asked = performance.now();
      const second = await model.settle({ input, signal: AbortSignal.timeout(30) }).catch((error) => error);
      expect(second).to.have.property('name', 'TimeoutError');
      expect(performance.now() - asked).to.be.below(slack(300));
      stop.abort();
      expect(await first).to.have.property('name', 'AbortError');
    });

    it('names an argument that does not fit into float32', async () => {
      if (engine === 'javascript') return; // float64 holds it
      const huge = Float64Array.from(input, () => 1e300);
      await expectRejects(model.settle({ input: huge }), 'ERR_ARGUMENT', 'input', 'float32', '1e+300');
      await expectRejects(model.settle({ input, target, beta: 1e300 }), 'ERR_ARGUMENT', 'beta', 'float32');
    });

    it('stops a settling when aborted', async () => {
      const reason = new Error('enough');
      const abort = new AbortController();
      const call = {
        input: floats(6 * 400, 1),
        dynamics: euler({ iterations: 1e6, stepSize: 1e-4 }),
        signal: abort.signal,
      };
      const pending = model.settle(call).catch((error) => error);
      setTimeout(() => abort.abort(reason), 20);
      expect(await pending).to.equal(reason);
      expect(await model.settle({ ...call, signal: AbortSignal.abort(reason) }).catch((error) => error)).to.equal(
        reason,
      );
    });
  });
}

describe('new Model', () => {
  const x = layer([4], { clamped: true });
  const y = layer([2]);
  const energy = sum(leak(y), dense(x, y));
  const cost = squaredError(y);
  const spec = { energy, cost, input: x, output: y };

  it('refuses parts that do not fit', () => {
    const z = layer([2]);
    const model = (change: object) => () => new Model({ ...spec, ...change } as never);
    expectThrows(model({ energy: 1 }), 'ERR_ARGUMENT', 'model energy', '1');
    expectThrows(model({ input: y }), 'ERR_ARGUMENT', 'model input', 'clamped');
    expectThrows(model({ output: x, cost: squaredError(x) }), 'ERR_ARGUMENT', 'model output', 'free');
    expectThrows(model({ output: z, cost: squaredError(z) }), 'ERR_NAME', 'touches this layer');
    expectThrows(model({ cost: squaredError(z) }), 'ERR_ARGUMENT', 'model cost', 'output layer');
    expectThrows(model({ cost: undefined }), 'ERR_ARGUMENT', 'model cost', 'undefined');
    expectThrows(model({ seed: -1 }), 'ERR_ARGUMENT', 'model seed', '-1');
    expectThrows(model({ seed: Number.NaN }), 'ERR_ARGUMENT', 'model seed', 'NaN');
    expectThrows(model({ dynamics: {} }), 'ERR_ARGUMENT', 'model dynamics');
    expectThrows(model({ engines: 'native' }), 'ERR_NAME', 'model options', "'engines'");
    const second = layer([3], { clamped: true, name: 'second' });
    expectThrows(model({ energy: sum(leak(y), dense(x, y), dense(second, y)) }), 'ERR_ARGUMENT', "'second'");
  });

  it('says that there is not enough memory', () => {
    for (const engine of ['native', 'javascript'] as const) {
      expectThrows(() => hopfield([784, 2e9, 10], { engine }), 'ERR_MEMORY', 'not enough memory');
    }
  });

  it('draws the same weights from one seed, others from the next', () => {
    const draw = (seed: number) => fingerprint(new Model({ ...spec, seed }));
    expect(draw(1)).to.equal(draw(1));
    expect(draw(1)).to.not.equal(draw(2));
    const bound = Math.sqrt(6 / 6); // Glorot's
    const weights = new Model(spec).parameters.get('dense1.weight')?.data ?? new Float32Array();
    expect(Math.max(...weights.map(Math.abs)))
      .to.be.below(bound)
      .and.above(bound / 3);
  });

  it('carries a user’s own interaction and cost on the javascript engine, and says that native cannot', async () => {
    /** E = ¼ Σ s⁴ */
    const quartic: Interaction = {
      kind: 'quartic',
      layers: [y],
      reads: 'state',
      parameters: [],
      energy: ([s], _, batch, out) => {
        for (let j = 0; j < batch * 2; j++) out[j >> 1] += 0.25 * s[j] ** 4;
      },
      stateGradient: (_layer, [s], _, batch, out) => {
        for (let j = 0; j < batch * 2; j++) out[j] += s[j] ** 3;
      },
      parameterGradient: () => {},
    };
    const own = { ...spec, energy: sum(quartic, dense(x, y)) };
    const model = new Model({ ...own, engine: 'javascript' });
    model.setParameters({ 'dense1.weight': Float64Array.of(0.1, 0.5, 0, 0, 0, 0, 0, 0) });
    const free = await model.settle({
      input: Float32Array.of(1, 0, 0, 0),
      dynamics: euler({ iterations: 2000, tolerance: 1e-12 }),
    });
    expect(free.state.layer1[0]).to.be.closeTo(Math.cbrt(0.1), 1e-9); // s³ = input
    expect(free.state.layer1[1]).to.be.closeTo(Math.cbrt(0.5), 1e-9);
    expectThrows(() => new Model({ ...own, engine: 'native' }), 'ERR_ENGINE', 'quartic1', 'javascript');
    await expectRejects(model.save('never'), 'ERR_ARGUMENT', 'quartic1');
    const absolute: Cost = { kind: 'absolute', layer: y, value: () => {}, stateGradient: () => {} };
    expectThrows(() => new Model({ ...spec, cost: absolute, engine: 'native' }), 'ERR_ENGINE', 'absolute');
  });
});

describe('hopfield', () => {
  it('is a chain with the names of the field', () => {
    const { energy, input: x, output } = hopfield([4, 3, 2, 1], { engine: 'javascript' });
    expect([...energy.layers.keys()]).to.have.members(['input', 'hidden1', 'hidden2', 'output']);
    expect([...energy.parameters.keys()]).to.deep.equal([
      'bias1.bias',
      'bias2.bias',
      'bias3.bias',
      'dense1.weight',
      'dense2.weight',
      'dense3.weight',
    ]);
    expect(x).to.include({ name: 'input', clamped: true });
    expect(output).to.include({ name: 'output', activation: 'hardSigmoid' });
    const tanh = hopfield([4, 3, 2], { engine: 'javascript', activation: 'tanh', output: { activation: 'linear' } });
    expect(tanh.energy.layers.get('hidden1')?.activation).to.equal('tanh');
    expect(tanh.output.activation).to.equal('linear');
  });

  it('refuses sizes that are none', () => {
    expectThrows(() => hopfield([4]), 'ERR_ARGUMENT', 'hopfield sizes', 'length 1');
    expectThrows(() => hopfield([4, 0]), 'ERR_ARGUMENT', 'hopfield sizes[1]', '0');
    expectThrows(() => hopfield([4, 1.5]), 'ERR_ARGUMENT', 'hopfield sizes[1]', '1.5');
    expectThrows(() => hopfield('4,3' as never), 'ERR_ARGUMENT', 'hopfield sizes', "'4,3'");
    expectThrows(() => hopfield([4, 3], { colour: 1 } as never), 'ERR_NAME', "'colour'");
    expectThrows(() => hopfield([4, 3], { output: { size: 1 } } as never), 'ERR_NAME', 'hopfield output', "'size'");
  });
});
