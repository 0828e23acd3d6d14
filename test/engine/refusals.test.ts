import { expect } from 'chai';
import {
  anderson,
  bias,
  type Cost,
  centered,
  continual,
  contrastive,
  coordinateDescent,
  coupled,
  coupledCentered,
  coupledNegative,
  crossEntropyReadOut,
  dense,
  type Estimator,
  euler,
  finiteDifferences,
  fixedPoint,
  holomorphic,
  hopfield,
  type Interaction,
  type Layer,
  langevin,
  layer,
  leak,
  Model,
  plasticity,
  potential,
  recurrentBackprop,
  squaredError,
  stochastic,
  sum,
  truncatedBackprop,
  untied,
  vectorField,
  withDecay,
} from '../../lib/index.js';
import { expectRejects, expectThrows, floats } from '../support.js';

const dynamics = euler({ iterations: 5 });
const options = { beta: 0.5, free: dynamics, nudged: dynamics };
const input = floats(2 * 4, 1);
const target = floats(2 * 2, 2);

const x = layer([4], { name: 'x', clamped: true });
const y = layer([2], { name: 'y', activation: 'tanh' });
const build = (...parts: Interaction[]) =>
  new Model({
    energy: sum(dense(x, y), leak(y), ...parts),
    cost: squaredError(y),
    input: x,
    output: y,
    engine: 'javascript',
  });

describe('what the framework refuses', () => {
  it('a free layer that nothing reaches, by name', () => {
    expectThrows(() => build(leak(layer([3], { name: 'lost' }))), 'ERR_ARGUMENT', "'lost'", 'nothing reaches');
    const [a, b] = [layer([3], { name: 'a' }), layer([3], { name: 'b' })];
    expectThrows(() => build(dense(a, b), leak(a), leak(b)), 'ERR_ARGUMENT', "'a'", 'nothing reaches');
  });

  for (const engine of ['javascript', 'native'] as const) {
    it(`${engine}: minimisers where a weight leaves an output without curvature`, async () => {
      const flat = layer([2], { name: 'flat' });
      const model = new Model({
        energy: sum(dense(x, flat)),
        cost: squaredError(flat),
        input: x,
        output: flat,
        engine,
      });
      const nudged = { input, target, beta: 0.5, dynamics: fixedPoint({ iterations: 3 }) };
      await model.settle({ ...nudged, weights: Float32Array.of(1, 0.5) });
      const settling = model.settle({ ...nudged, weights: Float32Array.of(1, 0) });
      await expectRejects(settling, 'ERR_ARGUMENT', 'fixedPoint', 'curvature 0', "'flat'", 'euler');
    });
  }

  it('a decay of a parameter that does not exist', () => {
    const cost = withDecay(squaredError(y), { 'dense7.weight': 0.1 });
    const make = () => new Model({ energy: sum(dense(x, y), leak(y)), cost, input: x, output: y });
    expectThrows(make, 'ERR_NAME', "'dense7.weight'", 'dense1.weight');
  });

  it('a β that an estimator would divide by', () => {
    const makers = [coupled, coupledNegative, coupledCentered, continual, vectorField, plasticity, holomorphic];
    for (const make of makers as ((o: typeof options) => Estimator)[]) {
      const { name } = make(options);
      for (const beta of [0, -1, Number.NaN]) {
        expectThrows(() => make({ ...options, beta }), 'ERR_ARGUMENT', `${name} beta`, String(beta));
      }
    }
    const noise = langevin({ temperature: 1 });
    expectThrows(
      () => stochastic({ beta: 0, free: noise, nudged: noise, burnIn: 0 }),
      'ERR_ARGUMENT',
      'stochastic beta',
    );
    const procedure = {
      name: 'mine',
      settings: {},
      programs: [{ kind: 'vectorField', ...options, beta: 0, centered: true }],
    };
    return expectRejects(build().gradient({ input, target }, procedure as never), 'ERR_ARGUMENT', 'beta', '0');
  });

  it('points that no circle of pairs has', () => {
    for (const points of [3, 7])
      expectThrows(() => holomorphic({ ...options, points }), 'ERR_ARGUMENT', 'even', `${points}`);
    for (const points of [0, -2, 2.5]) {
      expectThrows(() => holomorphic({ ...options, points }), 'ERR_ARGUMENT', 'holomorphic points', `${points}`);
    }
  });

  it('complex states where something is not analytic, by name', async () => {
    const gradient = (model: Model) => model.gradient({ input, target }, holomorphic(options));
    const hard = hopfield([4, 3, 2], { engine: 'javascript' });
    await expectRejects(gradient(hard), 'ERR_ARGUMENT', "'hidden1'", 'hardSigmoid', 'analytic');
    const clipped = hopfield([4, 2], { engine: 'javascript', output: { activation: 'linear', range: [-1, 2] } });
    await expectRejects(gradient(clipped), 'ERR_ARGUMENT', "'output'", '[-1, 2]', 'unbounded');
    await expectRejects(gradient(build(ownInteraction())), 'ERR_ARGUMENT', "'own1'", 'complex derivatives');
    const walk = { ...options, nudged: anderson() };
    const smooth = hopfield([4, 3, 2], { engine: 'javascript', activation: 'tanh' });
    await expectRejects(smooth.gradient({ input, target }, holomorphic(walk)), 'ERR_ARGUMENT', 'anderson', 'complex');
  });

  it('a temperature below zero, and adjusted steps without one', () => {
    expectThrows(() => langevin({ temperature: -1 }), 'ERR_ARGUMENT', 'langevin temperature', '-1');
    expectThrows(() => langevin({} as never), 'ERR_ARGUMENT', 'langevin temperature', 'undefined');
    expectThrows(() => langevin({ temperature: 0, adjusted: true }), 'ERR_ARGUMENT', 'temperature', 'above 0');
    const noise = langevin({ temperature: 1, iterations: 10 });
    expectThrows(() => stochastic({ ...options, burnIn: 0 }), 'ERR_ARGUMENT', 'stochastic free', 'langevin', 'euler');
    const late = { beta: 1, free: noise, nudged: noise, burnIn: 10 };
    expectThrows(() => stochastic(late), 'ERR_ARGUMENT', 'stochastic burnIn', '10');
  });

  it('settings of the other estimators and dynamics that make no sense', () => {
    expectThrows(() => anderson({ memory: 0 }), 'ERR_ARGUMENT', 'anderson memory', '0');
    expectThrows(() => anderson({ relaxation: 2 }), 'ERR_ARGUMENT', 'anderson relaxation', '2');
    expectThrows(() => contrastive({ free: dynamics } as never), 'ERR_ARGUMENT', 'contrastive clamped');
    expectThrows(() => truncatedBackprop({ free: dynamics, steps: 0 }), 'ERR_ARGUMENT', 'steps', '0');
    const sweep = coordinateDescent();
    expectThrows(() => truncatedBackprop({ free: sweep, steps: 3 }), 'ERR_ARGUMENT', 'euler or fixedPoint');
    expectThrows(() => recurrentBackprop({ free: dynamics, tolerance: 0 }), 'ERR_ARGUMENT', 'tolerance', '0');
    expectThrows(() => finiteDifferences({ free: dynamics, step: -1 }), 'ERR_ARGUMENT', 'step', '-1');
    expectThrows(() => continual({ ...options, learningRate: -1 }), 'ERR_ARGUMENT', 'learningRate', '-1');
    expectThrows(() => vectorField({ ...options, centered: 1 as never }), 'ERR_ARGUMENT', 'centered', '1');
  });

  it('dynamics to a minimiser that is not known', async () => {
    const settle = (model: Model, how: object) => model.settle({ input, dynamics: how as never });
    const quartic = build(potential(y, [0, 0, 0, 0, 1]));
    await expectRejects(settle(quartic, fixedPoint()), 'ERR_ARGUMENT', "'y'", 'quadratic', 'euler');
    await expectRejects(settle(build(), coordinateDescent()), 'ERR_ARGUMENT', "'y'", 'tanh');
  });

  it('a clamped output where targets are of another size', async () => {
    const model = new Model({
      energy: sum(dense(x, y), leak(y)),
      cost: crossEntropyReadOut(y, 5),
      input: x,
      output: y,
      engine: 'javascript',
    });
    const clamps = contrastive({ free: dynamics, clamped: dynamics });
    const call = model.gradient({ input, target: floats(2 * 5, 3) }, clamps);
    await expectRejects(call, 'ERR_SHAPE', '2 units', '5 numbers', 'nudges');
    await expectRejects(model.gradient({ input, target }, centered(options)), 'ERR_SHAPE', 'gradient target', '[2, 5]');
  });

  it('references that need an energy where forces have none', async () => {
    const h = layer([3], { name: 'h' });
    const model = new Model({
      energy: sum(dense(x, h), leak(h), untied(h, y), leak(y), bias(y)),
      cost: squaredError(y),
      input: x,
      output: y,
      engine: 'javascript',
    });
    const reference = model.gradient({ input, target }, recurrentBackprop({ free: dynamics }));
    await expectRejects(reference, 'ERR_ARGUMENT', "'untied1'", 'finiteDifferences');
  });

  it('weights of examples that are negative or too few', async () => {
    const gradient = (weights: never) => build().gradient({ input, target, weights }, centered(options));
    await expectRejects(gradient(Float32Array.of(1, -1) as never), 'ERR_ARGUMENT', 'gradient weights', '-1', 'index 1');
    await expectRejects(gradient(Float32Array.of(1) as never), 'ERR_SHAPE', 'gradient weights', '2');
    await expectRejects(gradient([1, 1] as never), 'ERR_ARGUMENT', 'gradient weights', 'Float32Array');
  });
});

/** A quartic well of one's own, right unless something is put in its place. */
function ownInteraction(instead: object = {}, on: Layer = y): Interaction {
  return {
    kind: 'own',
    layers: [on],
    reads: 'state',
    parameters: [{ name: 'depth', shape: [1], initialise: (data) => void data.fill(0.1) }],
    energy([s], [d], batch, energy) {
      for (let j = 0; j < s.length; j++) energy[Math.floor((j * batch) / s.length)] += d[0] * s[j] ** 4;
    },
    stateGradient(_layer, [s], [d], _batch, gradient) {
      for (let j = 0; j < s.length; j++) gradient[j] += 4 * d[0] * s[j] ** 3;
    },
    parameterGradient(_parameter, [s], _d, _batch, scale, gradient) {
      for (const state of s) gradient[0] += scale * state ** 4;
    },
    ...instead,
  };
}

describe('a user’s own interaction or cost', () => {
  const gradient = (model: Model) => model.gradient({ input, target }, centered(options));

  it('runs everywhere that a shipped one does', async () => {
    const model = build(ownInteraction());
    const free = euler({ iterations: 5000, tolerance: 1e-13 });
    const reference = await model.gradient({ input, target }, finiteDifferences({ free }));
    const solved = await model.gradient({ input, target }, recurrentBackprop({ free }));
    expect(solved['own1.depth'][0]).to.be.closeTo(reference['own1.depth'][0], 1e-6);
    const estimate = await model.gradient({ input, target }, centered({ beta: 1e-3, free, nudged: free }));
    expect(estimate['own1.depth'][0]).to.be.closeTo(reference['own1.depth'][0], 1e-5);
    expect((await model.record({ input, dynamics, updates: true })).moments).to.have.length(6);
    expect((await model.audit({ input, target })).findings).to.deep.equal([]);
  });

  it('is named where it throws, returns something or leaves no number', async () => {
    const fails = (method: string, what: unknown, ...words: string[]) =>
      expectRejects(gradient(build(ownInteraction({ [method]: what }))), 'ERR_ARGUMENT', method, "'own1'", ...words);
    const broken = () => {
      throw new TypeError('oh no');
    };
    await fails('stateGradient', broken, 'threw', 'oh no');
    await fails('energy', broken, 'oh no');
    await fails('parameterGradient', broken, 'oh no');
    await fails('stateGradient', () => new Float64Array(3), 'return nothing', 'Float64Array of length 3');
    await fails('energy', () => 7, 'return nothing', '7');
    await fails('stateGradient', (...[, , , , g]: Float64Array[]) => void g.fill(Number.NaN), 'NaN', 'index 0');
    await fails('parameterGradient', (...[, , , , , g]: Float64Array[]) => void g.fill(Number.NaN), 'NaN', 'index 0');
  });

  it('may be a class with private fields, getters and methods of its own', async () => {
    class Spring implements Interaction {
      readonly #strength = 0.5;
      readonly kind = 'spring';
      readonly reads = 'state';
      readonly layers = [y];
      readonly parameters = [];
      get quadratic(): boolean {
        return this.#strength > 0;
      }
      curvature(_layer: number, _parameters: readonly Float64Array[], out: Float64Array): void {
        for (let j = 0; j < out.length; j++) out[j] += this.#strength;
      }
      energy([s]: readonly Float64Array[], _: readonly Float64Array[], batch: number, energy: Float64Array): void {
        s.forEach((value, j) => {
          energy[Math.floor((j * batch) / s.length)] += 0.5 * this.#strength * value * value;
        });
      }
      stateGradient(
        _layer: number,
        [s]: readonly Float64Array[],
        _: readonly Float64Array[],
        _batch: number,
        gradient: Float64Array,
      ): void {
        for (let j = 0; j < s.length; j++) gradient[j] += this.#strength * s[j];
      }
      parameterGradient(): void {}
    }
    const model = build(new Spring());
    const settled = fixedPoint({ iterations: 200, tolerance: 1e-10 });
    const twin = new Model({
      energy: sum(dense(x, y), leak(y), leak(y, { strength: 0.5 })),
      cost: squaredError(y),
      input: x,
      output: y,
      engine: 'javascript',
    });
    const [a, b] = [await model.settle({ input, dynamics: settled }), await twin.settle({ input, dynamics: settled })];
    expect(a.state).to.deep.equal(b.state);
    await model.gradient({ input, target }, recurrentBackprop({ free: settled }));
  });

  it('is not blamed for states that grow without bound', async () => {
    const wild = new Model({
      energy: sum(dense(x, y), leak(y, { strength: 100 }), ownInteraction()),
      cost: squaredError(y),
      input: x,
      output: y,
      engine: 'javascript',
    });
    const settled = wild.settle({ input, dynamics: euler({ stepSize: 1, iterations: 2000 }) });
    await expectRejects(settled, 'ERR_DIVERGED', "the state of 'y' is not finite");
  });

  it('is named where its parameters begin with what is no number', () => {
    const parameters = [{ name: 'depth', shape: [1], initialise: (data: Float64Array) => void data.fill(Number.NaN) }];
    expectThrows(() => build(ownInteraction({ parameters })), 'ERR_ARGUMENT', 'own1.depth', 'NaN');
    const initialise = () => {
      throw new RangeError('oh no');
    };
    const broken = [{ name: 'depth', shape: [1], initialise }];
    expectThrows(() => build(ownInteraction({ parameters: broken })), 'ERR_ARGUMENT', 'own1.depth', 'oh no');
  });

  it('is refused by the native engine in words', () => {
    const energy = sum(dense(x, y), leak(y), ownInteraction());
    const make = () => new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'native' });
    expectThrows(make, 'ERR_ENGINE', 'own1', "engine 'javascript'");
    const own: Cost = { ...ownCost(), kind: 'mine' };
    const costs = () =>
      new Model({ energy: sum(dense(x, y), leak(y)), cost: own, input: x, output: y, engine: 'native' });
    expectThrows(costs, 'ERR_ENGINE', "'mine'", "engine 'javascript'");
  });

  it('a cost is named likewise', async () => {
    const model = (instead: object) =>
      new Model({
        energy: sum(dense(x, y), leak(y)),
        cost: { ...ownCost(), ...instead },
        input: x,
        output: y,
        engine: 'javascript',
      });
    await gradient(model({}));
    const nan = { stateGradient: (...[, , , , , g]: Float64Array[]) => void g.fill(Number.NaN) };
    await expectRejects(gradient(model(nan)), 'ERR_ARGUMENT', 'stateGradient', "cost 'own'", 'NaN');
    expectThrows(() => model({ value: undefined }), 'ERR_ARGUMENT', 'model cost', 'value');
    expectThrows(() => model({ parameters: [{}] }), 'ERR_ARGUMENT', 'model cost', 'parameters[0]');
    expectThrows(() => model({ layer: x }), 'ERR_ARGUMENT', 'model cost', 'output layer');
  });
});

function ownCost(): Cost {
  const plain = squaredError(y);
  return {
    kind: 'own',
    layer: y,
    value: (...args) => plain.value(...args),
    stateGradient: (...args) => plain.stateGradient(...args),
  };
}
