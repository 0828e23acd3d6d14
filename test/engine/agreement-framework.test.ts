import { expect } from 'chai';
import {
  anderson,
  bias,
  centered,
  conjugateLeak,
  continual,
  contrastive,
  coordinateDescent,
  coupled,
  coupledCentered,
  coupledNegative,
  crossEntropy,
  crossEntropyReadOut,
  type Dynamics,
  dataset,
  dense,
  euler,
  fixedPoint,
  holomorphic,
  type Interaction,
  type Layer,
  langevin,
  lateral,
  layer,
  leak,
  Model,
  type ModelOptions,
  type ModelSpec,
  memory,
  positive,
  resistive,
  type SettleOptions,
  type SquaredError,
  sgd,
  squaredError,
  sum,
  vectorField,
  withDecay,
} from '../../lib/index.js';
import { TRAINING_STARTS } from '../../lib/phases/start.js';
import { expectRejects, expectThrows, floats, instructionSets, largestDifference, relativeError } from '../support.js';

const batch = 13;
const input = floats(batch * 19, 1);
const target = floats(batch * 7, 2);
const classes = floats(batch * 5, 3);
const weights = floats(batch, 4, 0.2, 1.8);
const anywhere = { activation: 'linear', range: [-10, 10] } as const;

type Parts = { x: Layer; h1: Layer; h2: Layer; y: Layer };

/** x → h1 → h2 → y with a few more interactions; what a case adds. */
interface Case {
  readonly layers?: (parts: Parts) => Partial<Parts>;
  readonly more?: (parts: Parts) => Interaction[];
  readonly leaks?: (layer: Layer, parts: Parts) => Interaction;
  readonly cost?: (parts: Parts) => ModelSpec['cost'];
  readonly target?: Float32Array;
  readonly dynamics?: readonly Dynamics[];
  /** Of the weights. Default 0.6. */
  readonly gain?: number;
  /** Estimators that clamp the output need a target of its size. */
  readonly clamps?: boolean;
}

const everyDynamics = [
  euler({ iterations: 15, stepSize: 0.4 }),
  fixedPoint({ iterations: 15, relaxation: 0.6 }),
  coordinateDescent({ iterations: 12, relaxation: 1.1 }),
];
const minimisers = everyDynamics.slice(1);

const cases: Record<string, Case> = {
  'lateral weights': { more: ({ h1, y }) => [lateral(h1, { gain: 0.3 }), lateral(y, { gain: 0.3 })] },
  'shared weights': {
    layers: ({ h1 }) => ({ h2: layer(h1.shape, { name: 'h2' }), y: layer(h1.shape, { name: 'y' }) }),
    cost: ({ y }) => crossEntropyReadOut(y, 5, { gain: 0.5 }),
    target: classes,
    clamps: false,
  },
  'weights by unit': { cost: ({ y }) => squaredError(y, { weights: [0, 0.5, 1, 2, 0.1, 1, 0.7] }) },
  decay: {
    more: ({ h1 }) => [lateral(h1, { gain: 0.3 })],
    cost: ({ y }) => withDecay(squaredError(y), { 'dense1.weight': 0.01, 'lateral1.weight': 0.1, 'bias1.bias': 0.3 }),
  },
  'cross-entropy': {
    layers: () => ({ y: layer([7], { name: 'y', ...anywhere }) }),
    cost: ({ y }) => crossEntropy(y),
  },
  'a read-out': { cost: ({ y }) => crossEntropyReadOut(y, 5), target: classes, clamps: false },
  'a read-out of a layer with more behind it, with decay': {
    cost: ({ h2 }) => withDecay(crossEntropyReadOut(h2, 5), { 'crossEntropyReadOut.weight': 0.02 }),
    target: classes,
    clamps: false,
  },
  'clamped layers with an energy of their own': {
    more: ({ x, h1 }) => [leak(x), bias(x), lateral(x, { gain: 0.2 }), lateral(h1, { gain: 0.2 })],
  },
  'conjugate leaks, sigmoid': {
    layers: () => ({
      h1: layer([33], { name: 'h1', activation: 'linear', range: [0, 1] }),
      h2: layer([17], { name: 'h2', activation: 'linear', range: [0, 1] }),
      y: layer([7], { name: 'y', activation: 'linear', range: [0, 1] }),
    }),
    leaks: (of) => conjugateLeak(of, 'sigmoid'),
    gain: 2, // or float32 loses the signal on its way back
    dynamics: minimisers,
  },
  'conjugate leaks, tanh, before a squared error': {
    layers: () => ({
      h1: layer([33], { name: 'h1', activation: 'linear', range: [-1, 1] }),
      h2: layer([17], { name: 'h2', activation: 'linear', range: [-1, 1] }),
    }),
    leaks: (of, { y }) => (of === y ? leak(of) : conjugateLeak(of, 'tanh')),
    dynamics: minimisers,
  },
  'smooth activations': {
    layers: () => ({
      h1: layer([33], { name: 'h1', activation: 'tanh' }),
      y: layer([7], { name: 'y', activation: 'sigmoid' }),
    }),
    more: ({ h1, y }) => [lateral(h1, { gain: 0.2 }), lateral(y, { gain: 0.2 })],
    dynamics: everyDynamics.slice(0, 2),
  },
};

function build(name: string, options: ModelOptions): Model {
  const {
    layers,
    more,
    leaks = (of: Layer) => leak(of),
    cost = ({ y }: Parts) => squaredError(y),
    gain = 0.6,
  } = cases[name];
  const plain: Parts = {
    x: layer([19], { name: 'x', clamped: true }),
    h1: layer([33], { name: 'h1' }),
    h2: layer([17], { name: 'h2' }),
    y: layer([7], { name: 'y', activation: 'linear', range: [-1, 2] }),
  };
  const parts = { ...plain, ...layers?.(plain) };
  const { x, h1, h2, y } = parts;
  const first = dense(h1, h2, { gain });
  const second = name === 'shared weights' ? dense(h2, y, { share: first }) : dense(h2, y, { gain });
  const free = [h1, h2, y];
  const energy = sum(
    ...free.map((of) => leaks(of, parts)),
    ...free.map((of) => bias(of)),
    dense(x, h1, { gain }),
    first,
    second,
    ...(more?.(parts) ?? []),
  );
  const theCost = cost(parts);
  const model = new Model({ energy, cost: theCost, input: x, output: theCost.layer, ...options });
  const biases = [...model.parameters].filter(([parameter]) => parameter.endsWith('.bias'));
  model.setParameters(
    Object.fromEntries(biases.map(([parameter, { data }], i) => [parameter, floats(data.length, 50 + i, -0.3, 0.3)])),
  );
  return model;
}

describe('the two engines agree on the whole framework', () => {
  for (const isa of instructionSets()) {
    for (const [name, { target: given = target, dynamics = everyDynamics, clamps = true }] of Object.entries(cases)) {
      describe(`${isa}, ${name}`, () => {
        const javascript = build(name, { seed: 3, engine: 'javascript' });
        const native = build(name, { seed: 3, engine: 'native', isa, precision: 'float32', threads: 2 });
        after(() => native.dispose());

        async function expectSame(call: SettleOptions, what: string): Promise<void> {
          const [a, b] = [await javascript.settle(call), await native.settle(call)];
          for (const of of Object.keys(a.state)) {
            expect(largestDifference(b.state[of], a.state[of]), `${what} ${of}`).to.be.below(1e-5);
          }
          expect(relativeError(b.energy, a.energy), `${what} energy`).to.be.below(1e-5);
          if (a.cost && b.cost) expect(largestDifference(b.cost, a.cost), `${what} cost`).to.be.below(1e-4);
          expect(largestDifference(b.residual, a.residual), `${what} residual`).to.be.below(1e-5);
        }

        it('on states, energies and costs: 1e-5', async () => {
          for (const d of dynamics) {
            for (const beta of [0, 0.6, -0.4]) {
              await expectSame({ input, target: given, beta, dynamics: d }, `${d.kind} ${beta}`);
              await expectSame({ input, target: given, beta, weights, dynamics: d }, `${d.kind} ${beta} weights`);
            }
          }
        });

        it('on other layers clamped, and on units held: 1e-5', async () => {
          const { h1, h2, x } = Object.fromEntries(native.energy.layers);
          const values = (of: Layer, seed: number) => floats(batch * of.size, seed);
          const mask = Uint8Array.from({ length: batch * h1.size }, (_, k) => ((k * 7) % 3 === 0 ? 1 : 0));
          for (const d of dynamics) {
            const clamps = {
              'h2 clamped': { input, clamp: { h2: values(h2, 5) } },
              'units of h1 held': { input, clamp: { h1: { values: values(h1, 6), mask } } },
              both: { input, clamp: { h2: values(h2, 5), h1: { values: values(h1, 6), mask } } },
              'all clamped': {
                input,
                clamp: { h1: values(h1, 6), h2: values(h2, 5), y: values(native.energy.layers.get('y') as Layer, 8) },
              },
              'x held in part': x.range.every(Number.isFinite) ? { clamp: { x: values(x, 7) } } : { input },
            };
            for (const [what, call] of Object.entries(clamps)) {
              await expectSame({ ...call, target: given, dynamics: d }, `${d.kind}, ${what}`);
              const beta = native.output === h2 || what === 'all clamped' ? 0 : 0.5;
              await expectSame({ ...call, target: given, beta, dynamics: d }, `${d.kind}, ${what}, nudged`);
            }
          }
        });

        it('on gradients: 1e-4 relative', async () => {
          const [free] = dynamics.map((d) => ({ ...d, iterations: 60 }));
          const nudged = { ...dynamics[dynamics.length - 1], iterations: 12 };
          const estimators = [positive({ beta: 0.5, free, nudged }), centered({ beta: 0.5, free, nudged })];
          const unclamped = estimators.length;
          // What clamps the output heeds no weights, and is refused where there are some.
          if (clamps && (native.cost as SquaredError).weights === undefined) {
            estimators.push(contrastive({ free, clamped: nudged }));
            for (const make of [coupled, coupledNegative, coupledCentered]) {
              estimators.push(make({ beta: 0.5, free, nudged }));
            }
          }
          for (const [i, estimator] of estimators.entries()) {
            for (const w of i < unclamped ? [undefined, weights] : [undefined]) {
              const call = { input, target: given, ...(w && { weights: w }) };
              const [a, b] = [await javascript.gradient(call, estimator), await native.gradient(call, estimator)];
              for (const parameter of Object.keys(a)) {
                const difference = Float64Array.from(a[parameter], (v, k) => v - b[parameter][k]);
                const error = Math.hypot(...difference) / (Math.hypot(...a[parameter]) + 1e-9); // it may be 0
                expect(error, `${estimator.name} ${parameter}${w ? ' weights' : ''}`).to.be.below(1e-4);
              }
            }
          }
        });

        it('on the parameters of 20 training steps, and on what they predict', async () => {
          const size = given.length / batch;
          const data = dataset({ inputs: floats(100 * 19, 5), shape: [19], targets: floats(100 * size, 6) });
          const [free, nudged] = [
            { ...dynamics[0], iterations: 20 },
            { ...dynamics[dynamics.length - 1], iterations: 5 },
          ];
          const options = {
            epochs: 4,
            batchSize: 20,
            estimator: centered({ beta: 0.5, free, nudged }),
            optimizer: sgd({ learningRate: 0.1 }),
          };
          const [a, b] = [
            build(name, { seed: 3, engine: 'javascript' }),
            build(name, { seed: 3, engine: 'native', isa, precision: 'float32', threads: 2 }),
          ];
          const [historyA, historyB] = [await a.fit(data, options), await b.fit(data, options)];
          for (const [parameter, { data: expected }] of a.parameters) {
            const got = b.parameters.get(parameter);
            if (!got) throw new Error(`${parameter} is missing`);
            expect(relativeError(got.data, expected), parameter).to.be.below(1e-3);
          }
          expect(historyB[3].cost).to.be.closeTo(historyA[3].cost, 1e-3 * (1 + historyA[3].cost));
          expect(historyB[3].energy).to.be.closeTo(historyA[3].energy, 1e-3 * (1 + Math.abs(historyA[3].energy)));
          const [atA, atB] = [await a.evaluate(data, { dynamics: free }), await b.evaluate(data, { dynamics: free })];
          expect(atB.cost).to.be.closeTo(atA.cost, 1e-3 * (1 + atA.cost));
          expect(await b.predict(data, { dynamics: free })).to.have.length(100);
          b.dispose();
        });

        for (const start of TRAINING_STARTS) {
          it(`on training and evaluation with weights by example, starting ${start}`, async () => {
            const size = given.length / batch;
            const weights = Float32Array.from({ length: 45 }, (_, e) => [0, 3, 1, 0.5][e % 4]);
            const data = dataset({ inputs: floats(45 * 19, 5), shape: [19], targets: floats(45 * size, 6), weights });
            const [free, nudged] = [
              { ...dynamics[0], iterations: 12 },
              { ...dynamics[dynamics.length - 1], iterations: 5 },
            ];
            const options = {
              epochs: 3,
              batchSize: 20,
              estimator: centered({ beta: 0.2, free, nudged }),
              optimizer: sgd({ learningRate: 0.1 }),
              start,
            };
            const [a, b] = [
              build(name, { seed: 3, engine: 'javascript' }),
              build(name, { seed: 3, engine: 'native', isa, precision: 'float32', threads: 2 }),
            ];
            const [historyA, historyB] = [await a.fit(data, options), await b.fit(data, options)];
            for (const [parameter, { data: expected }] of a.parameters) {
              const got = b.parameters.get(parameter);
              if (!got) throw new Error(`${parameter} is missing`);
              expect(relativeError(got.data, expected), parameter).to.be.below(1e-4);
            }
            historyA.forEach(({ cost, energy }, e) => {
              expect(historyB[e].cost, 'cost').to.be.closeTo(cost, 1e-4 * (1 + cost));
              expect(historyB[e].energy, 'energy').to.be.closeTo(energy, 1e-4 * (1 + Math.abs(energy)));
            });
            const from = { dynamics: free, start: start === 'zero' ? start : 'feedForward' } as const;
            const [atA, atB] = [await a.evaluate(data, from), await b.evaluate(data, from)];
            expect(atB.cost).to.be.closeTo(atA.cost, 1e-4 * (1 + atA.cost));
            b.dispose();
          });
        }
      });
    }
  }
});

describe('the native engine refuses what it has no kernel for, and says who has', () => {
  const free = euler({ iterations: 2 });
  const words = ['native', "use engine 'javascript'"];
  const [x, y] = [layer([3], { clamped: true }), layer([2], { activation: 'linear', range: [0, 1] })];
  const data = { input: floats(3, 1), target: floats(2, 2) };
  const make =
    (...more: Interaction[]) =>
    () =>
      new Model({ energy: sum(dense(x, y), ...more), cost: squaredError(y), input: x, output: y, engine: 'native' });

  it('at once: interactions, costs and bounds', () => {
    expectThrows(make(leak(y), memory(y, 3)), 'ERR_ENGINE', 'memory1', ...words);
    expectThrows(make(resistive(x, y)), 'ERR_ENGINE', 'resistive1', ...words);
    const own: Interaction = Object.assign(Object.create(bias(y)), { kind: 'bias' });
    expectThrows(make(leak(y), own), 'ERR_ENGINE', 'bias1', ...words);
    const cost = Object.create(squaredError(y));
    const model = () => new Model({ energy: sum(dense(x, y), leak(y)), cost, input: x, output: y, engine: 'native' });
    expectThrows(model, 'ERR_ENGINE', 'squaredError', ...words);
  });

  it('when it is asked: dynamics, complex nudges, procedures', async () => {
    const model = make(leak(y))();
    const calm = { temperature: 0.1 };
    await expectRejects(model.settle({ ...data, dynamics: langevin(calm) }), 'ERR_ENGINE', 'langevin', ...words);
    await expectRejects(model.settle({ ...data, dynamics: anderson() }), 'ERR_ENGINE', 'anderson', ...words);
    const options = { beta: 0.1, free, nudged: free };
    await expectRejects(model.gradient(data, continual(options)), 'ERR_ENGINE', 'continual', ...words);
    await expectRejects(model.gradient(data, vectorField(options)), 'ERR_ENGINE', 'vectorField', ...words);
    const set = dataset({ inputs: data.input, shape: [3], targets: data.target });
    const fit = model.fit(set, { epochs: 1, estimator: continual(options), optimizer: sgd({ learningRate: 0.1 }) });
    await expectRejects(fit, 'ERR_ENGINE', 'continual', ...words);
    const endless = layer([2], { activation: 'linear' });
    const energy = sum(dense(x, endless), leak(endless));
    const analytic = new Model({ energy, cost: squaredError(endless), input: x, output: endless, engine: 'native' });
    await expectRejects(
      analytic.gradient(data, holomorphic({ ...options, points: 4 })),
      'ERR_ENGINE',
      'complex',
      ...words,
    );
  });

  it('when it is asked: Euler’s method where a conjugate leak wants its derivative', async () => {
    const model = make(conjugateLeak(y, 'sigmoid'))();
    await expectRejects(model.settle({ ...data, dynamics: free }), 'ERR_ENGINE', 'euler', 'conjugate', ...words);
    const { state } = await model.settle({ ...data, dynamics: fixedPoint() });
    expect(Math.min(...Object.values(state)[1])).to.be.above(0);
  });

  it('as the other one does: a weight that turns F upside down', async () => {
    for (const engine of ['native', 'javascript'] as const) {
      const energy = sum(dense(x, y), leak(y));
      const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine });
      const call = { ...data, beta: -0.5, weights: Float32Array.of(3), dynamics: fixedPoint() };
      await expectRejects(model.settle(call), 'ERR_ARGUMENT', 'fixedPoint', 'curvature -0.5', 'beta -0.5');
      const set = dataset({ inputs: data.input, shape: [3], targets: data.target, weights: call.weights });
      const estimator = centered({ beta: 0.5, free: fixedPoint(), nudged: fixedPoint() });
      const fit = model.fit(set, { epochs: 1, estimator, optimizer: sgd({ learningRate: 0.1 }) });
      await expectRejects(fit, 'ERR_ARGUMENT', 'fixedPoint', 'curvature -0.5', 'beta -0.5');
    }
  });
});
