import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import {
  anderson,
  bias,
  centered,
  conjugateLeak,
  coordinateDescent,
  dataset,
  dense,
  type EngineOptions,
  fixedPoint,
  hopfield,
  type Interaction,
  lateral,
  layer,
  leak,
  Model,
  type ModelOptions,
  potential,
  randomSign,
  resistive,
  sgd,
  squaredError,
  sum,
} from '../../lib/index.js';
import { expectRejects, expectThrows, floats, instructionSets, largestDifference } from '../support.js';
import { randomGraph } from './random-graph.js';

const batch = 9;
const none = fixedPoint({ iterations: 0 });
const engines: EngineOptions[] = [
  { engine: 'javascript' },
  ...instructionSets().map((isa) => ({ engine: 'native', isa, threads: 2 }) as const),
];
const called = ({ engine, isa }: EngineOptions) => isa ?? engine ?? '';

/** From x outwards: b, a, c, y, d. */
function graph(options: ModelOptions): Model {
  const x = layer([19], { name: 'x', clamped: true });
  const a = layer([23], { name: 'a' });
  const b = layer([17], { name: 'b', activation: 'tanh' });
  const c = layer([21], { name: 'c', activation: 'sigmoid', range: [0.05, 3] });
  const d = layer([6], { name: 'd', activation: 'linear', range: [0, 1] });
  const y = layer([5], { name: 'y', activation: 'linear' });
  const weak = { gain: 0.4 };
  const energy = sum(
    ...[y, c, b].map((l) => bias(l)),
    ...[y, c, b].map((l, i) => leak(l, { strength: 1 + 0.5 * i })),
    leak(a, { strength: 2 }),
    conjugateLeak(d, 'sigmoid'),
    lateral(c, weak),
    lateral(a, weak),
    dense(d, y, weak),
    dense(c, y, weak),
    dense(b, c, weak),
    dense(a, b, weak),
    dense(x, b, weak),
    dense(c, d, weak),
    dense(x, a, weak),
  );
  const model = new Model({ energy, cost: squaredError(y), input: x, output: y, seed: 4, dynamics: none, ...options });
  const biases = [...model.parameters].filter(([name]) => name.endsWith('.bias'));
  const values = biases.map(([name, { data }], i) => [name, floats(data.length, i, -0.3, 1.5)]);
  model.setParameters(Object.fromEntries(values));
  return model;
}

const input = floats(batch * 19, 1);

/** The pass over `graph` by its definition, for the first example. */
function byHand({ parameters }: Model): Record<string, number[]> {
  const of = (name: string) => {
    const parameter = parameters.get(name);
    if (!parameter) throw new Error(`${name} is missing`);
    return { data: [...parameter.data], columns: parameter.shape[1] };
  };
  const through = (name: string, from: readonly number[]) => {
    const { data, columns } = of(name);
    return Array.from({ length: columns }, (_, j) => from.reduce((s, v, i) => s + v * data[i * columns + j], 0));
  };
  const back = (name: string, from: readonly number[]) => {
    const { data, columns } = of(name);
    const rows = data.length / columns;
    return Array.from({ length: rows }, (_, i) => from.reduce((s, v, j) => s + v * data[i * columns + j], 0));
  };
  const add = (...rows: number[][]) => rows[0].map((_, j) => rows.reduce((s, row) => s + row[j], 0));
  const clip = (row: number[], low: number, high: number) => row.map((v) => Math.min(Math.max(v, low), high));
  const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));
  const [biasOfY, biasOfC, biasOfB] = [1, 2, 3].map((i) => of(`bias${i}.bias`).data);

  const x = [...input.slice(0, 19)];
  const b = add(biasOfB, through('dense5.weight', x)).map((v) => v / 2);
  const rhoOfB = b.map(Math.tanh);
  const a = clip(
    add(through('dense7.weight', x), back('dense4.weight', rhoOfB)).map((v) => v / 2),
    0,
    1,
  );
  // The least that its range allows is where c starts, and where its own units see each other.
  const joined = new Array<number>(21).fill(0);
  for (let i = 0, k = 0; i < 21; i++) {
    for (let j = i + 1; j < 21; j++, k++) {
      joined[i] += of('lateral1.weight').data[k] * sigmoid(0.05);
      joined[j] += of('lateral1.weight').data[k] * sigmoid(0.05);
    }
  }
  const slope = sigmoid(0.05) * (1 - sigmoid(0.05));
  const forC = add(biasOfC, joined, through('dense3.weight', rhoOfB));
  const c = clip(
    forC.map((v) => (slope * v) / 1.5),
    0.05,
    3,
  );
  const y = add(biasOfY, through('dense2.weight', c.map(sigmoid)));
  const d = add(through('dense6.weight', c.map(sigmoid)), back('dense1.weight', y)).map(sigmoid);
  return { a, b, c, y, d };
}

for (const engine of engines) {
  describe(`a feed-forward start, ${called(engine)}`, () => {
    it('is what its definition says, on a graph with every kind of layer', async () => {
      const model = graph(engine);
      const { state } = await model.settle({ input, start: 'feedForward' });
      for (const [name, expected] of Object.entries(byHand(model))) {
        expect(largestDifference(state[name].slice(0, expected.length), Float64Array.from(expected)), name).to.be.below(
          1e-5,
        );
        expect(new Set(expected).size, name).to.be.above(1);
      }
      model.dispose();
    });

    it('is rest where nothing feeds back', async () => {
      const model = hopfield([19, 7], { seed: 2, ...engine });
      const dynamics = coordinateDescent({ iterations: 1, tolerance: 1e-9 });
      const { residual } = await model.settle({ input, start: 'feedForward', dynamics });
      expect([...residual]).to.deep.equal(new Array(batch).fill(0));
      model.dispose();
    });

    it('leads to the equilibrium that zero leads to, in fewer sweeps', async () => {
      const model = hopfield([19, 40, 30, 7], { seed: 2, gain: 0.5, output: { activation: 'linear' }, ...engine });
      const dynamics = coordinateDescent({ iterations: 2000, tolerance: 1e-6 });
      const [zero, forward] = [
        await model.settle({ input, dynamics }),
        await model.settle({ input, dynamics, start: 'feedForward' }),
      ];
      expect(zero.converged).to.deep.equal(new Array(batch).fill(true));
      expect(forward.converged).to.deep.equal(zero.converged);
      for (const name of Object.keys(zero.state)) {
        expect(largestDifference(forward.state[name], zero.state[name]), name).to.be.below(1e-5);
      }
      const total = ({ iterations }: { iterations: Uint32Array }) => iterations.reduce((s, i) => s + i, 0);
      expect(total(forward)).to.be.below(total(zero));
      model.dispose();
    });

    it('is the same bits for an example alone and in any batch', async () => {
      const model = graph(engine);
      const together = await model.settle({ input, start: 'feedForward' });
      for (let e = 0; e < batch; e++) {
        const alone = await model.settle({ input: input.slice(e * 19, (e + 1) * 19), start: 'feedForward' });
        for (const [name, state] of Object.entries(alone.state)) {
          const row = together.state[name].slice(e * state.length, (e + 1) * state.length);
          if (name !== 'x') expect(row, name).to.deep.equal(state);
        }
      }
      model.dispose();
    });

    it('goes out from what a call clamps, and leaves units that are held', async () => {
      const model = graph(engine);
      const [y, values, mask] = [floats(batch * 5, 6), floats(batch * 23, 7), new Uint8Array(23)];
      mask.fill(1, 0, 10);
      const clamp = { y, a: { values, mask } };
      const { state } = await model.settle({ input, clamp, start: 'feedForward' });
      expect(largestDifference(state.y, y)).to.be.below(1e-7);
      const other = await model.settle({ input, clamp: { ...clamp, y: y.map((v) => v + 1) }, start: 'feedForward' });
      expect(largestDifference(other.state.d, state.d), 'd, as y is clamped').to.be.above(1e-3);
      for (let j = 0; j < batch * 23; j++) {
        if (mask[j % 23]) expect(state.a[j]).to.equal(Math.fround(values[j]));
      }
      const free = await model.settle({ input, start: 'feedForward' });
      expect(largestDifference(free.state.a, state.a), 'the others are joined to them').to.be.above(1e-3);
      model.dispose();
    });

    it('is the model’s where it says so: settle, record, evaluate, predict, gradient, fit and its validation', async () => {
      const [zero, model] = [{}, { start: 'feedForward' } as const].map((start) =>
        hopfield([19, 12, 9, 5], { seed: 3, dynamics: none, ...engine, ...start }),
      );
      const start = 'feedForward';
      const data = dataset({ inputs: input, shape: [19], targets: floats(batch * 5, 2) });
      const [target, still] = [floats(batch * 5, 2), fixedPoint({ iterations: 1 })];
      const program = centered({ beta: 0.5, free: none, nudged: still });
      const settled = await model.settle({ input });
      expect(settled).to.deep.equal(await zero.settle({ input, start }));
      expect(settled.state).to.not.deep.equal((await zero.settle({ input })).state);
      const from = await model.settle({ input, from: await zero.settle({ input }) });
      expect(from.state).to.deep.equal((await zero.settle({ input })).state);
      const steps = { input, dynamics: coordinateDescent({ iterations: 3 }) };
      const { moments } = await model.record(steps);
      expect(moments[0].state).to.deep.equal(settled.state);
      expect(moments[3].state).to.deep.equal((await model.settle(steps)).state);
      expect(await model.evaluate(data)).to.deep.equal(await zero.evaluate(data, { start }));
      expect((await model.evaluate(data)).energy).to.not.equal((await zero.evaluate(data)).energy);
      expect(await model.predict(data)).to.deep.equal(await zero.predict(data, { start }));
      const gradient = await model.gradient({ input, target }, program);
      expect(gradient).to.deep.equal(await zero.gradient({ input, target, start }, program));
      expect(gradient).to.not.deep.equal(await zero.gradient({ input, target }, program));
      const { energy } = await model.evaluate(data);
      const idle = { epochs: 1, estimator: program, optimizer: sgd({ learningRate: 0 }), validation: data };
      const [own] = await model.fit(data, idle);
      const [told] = await zero.fit(data, { ...idle, start });
      for (const record of [own, told, own.validation, told.validation]) {
        expect(record?.energy).to.be.closeTo(energy, 1e-6);
      }
      zero.dispose();
      model.dispose();
    });

    it('stays in a model’s file', async () => {
      const model = hopfield([3, 2], { start: 'feedForward', ...engine });
      expect(model.start).to.equal('feedForward');
      expect(hopfield([3, 2], engine).start).to.equal('zero');
      const path = join(await mkdtemp(join(tmpdir(), 'eqprop-start-')), 'model.safetensors');
      await model.save(path);
      expect((await Model.load(path, engine)).start).to.equal('feedForward');
      expect((await Model.load(path, { ...engine, start: 'zero' })).start).to.equal('zero');
      await rm(dirname(path), { recursive: true });
    });
  });
}

describe('the engines agree on a feed-forward start', () => {
  for (const engine of engines.slice(1)) {
    it(`states to 1e-5 and gradients to 1e-4, ${called(engine)}`, async () => {
      const options = { start: 'feedForward' } as const;
      const [a, b] = [graph({ engine: 'javascript', ...options }), graph({ ...engine, ...options })];
      const target = floats(batch * 5, 3);
      for (const dynamics of [none, fixedPoint({ iterations: 3, relaxation: 0.5 })]) {
        const [atA, atB] = [await a.settle({ input, dynamics }), await b.settle({ input, dynamics })];
        for (const name of Object.keys(atA.state)) {
          expect(largestDifference(atB.state[name], atA.state[name]), name).to.be.below(1e-5);
        }
        expect(largestDifference(atB.energy, atA.energy)).to.be.below(1e-4);
        const program = randomSign({
          beta: 0.5,
          free: dynamics,
          nudged: fixedPoint({ iterations: 2, relaxation: 0.5 }),
        });
        const exact = await a.gradient({ input, target }, program);
        for (const [name, values] of Object.entries(await b.gradient({ input, target }, program))) {
          expect(largestDifference(values, exact[name]), name).to.be.below(1e-4);
        }
      }
      b.dispose();
    });
  }
});

describe('a feed-forward start of what an energy allows', () => {
  it('leads random graphs to the equilibria that zero leads to', async () => {
    let tried = 0;
    for (let seed = 0; seed < 40; seed++) {
      const { model, input: x, dynamics, about, plain } = randomGraph(seed);
      if (!plain) continue;
      tried++;
      const [zero, forward] = [
        await model.settle({ input: x, dynamics }),
        await model.settle({ input: x, dynamics, start: 'feedForward' }),
      ];
      for (const [name, state] of Object.entries(zero.state)) {
        expect(largestDifference(forward.state[name], state), about).to.be.below(1e-9);
      }
    }
    expect(tried).to.be.above(5);
  });

  const x = layer([3], { name: 'x', clamped: true });
  const [h, y] = [layer([4], { name: 'h' }), layer([2], { name: 'y', activation: 'linear' })];
  const make = (...parts: Interaction[]) =>
    new Model({ energy: sum(...parts), cost: squaredError(y), input: x, output: y, engine: 'javascript' });
  const some = { input: floats(3, 1), start: 'feedForward' } as const;

  it('leaves out conductances to layers further out', async () => {
    const model = make(resistive(x, h), resistive(h, y));
    const { state } = await model.settle({ ...some, dynamics: none });
    const { data } = model.parameters.get('resistive1.conductance') ?? { data: [] };
    for (let j = 0; j < 4; j++) {
      const conductances = [0, 1, 2].map((i) => data[i * 4 + j]);
      const current = conductances.reduce((s, g, i) => s + g * some.input[i], 0);
      expect(state.h[j]).to.be.closeTo(current / conductances.reduce((s, g) => s + g, 0), 1e-12);
    }
  });

  it('is refused where a layer has no minimiser, and with an equilibrium to start from', async () => {
    const curved = make(dense(x, h), dense(h, y), leak(h), leak(y), potential(h, [0, 0, 0, 0, 1]));
    await expectRejects(curved.settle(some), 'ERR_ARGUMENT', 'settle start', 'feedForward', "'h'", 'not quadratic');
    const loose = make(dense(x, h), resistive(h, y), bias(y));
    await expectRejects(loose.settle(some), 'ERR_ARGUMENT', 'settle start', "'h'", 'curvature 0', 'leak');
    const partsOf = ({ energy, cost, input, output }: Model) => ({ energy, cost, input, output });
    const made = () => new Model({ ...partsOf(loose), start: 'feedForward' });
    expectThrows(made, 'ERR_ARGUMENT', 'model start', "'h'");
    const plain = hopfield([3, 4, 2], { engine: 'javascript' });
    const from = await plain.settle({ input: some.input });
    await expectRejects(plain.settle({ ...some, from }), 'ERR_ARGUMENT', 'settle start', 'from', "'feedForward'");
    await expectRejects(plain.settle({ ...some, start: 'persistent' as never }), 'ERR_NAME', 'settle start', 'zero');
    const data = dataset({ inputs: some.input, shape: [3], labels: [0], classes: 2 });
    await expectRejects(plain.evaluate(data, { start: 'warm' as never }), 'ERR_NAME', 'evaluate start', "'warm'");
    const batch = { input: some.input, target: floats(2, 1), start: 'warm' as never };
    const phases = { free: anderson(), nudged: anderson() };
    await expectRejects(plain.gradient(batch, centered({ beta: 0.5, ...phases })), 'ERR_NAME', 'gradient start');
    await expectRejects(plain.audit(batch), 'ERR_NAME', 'audit start');
  });
});
