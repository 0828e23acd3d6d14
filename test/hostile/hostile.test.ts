import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  dataset,
  dense,
  euler,
  hopfield,
  type Interaction,
  layer,
  leak,
  Model,
  positive,
  sgd,
  squaredError,
  sum,
  withDecay,
} from '../../lib/index.js';
import { expectRejects, expectThrows } from '../support.js';
import { unaskable } from './unaskable.js';
import { attack } from './values.js';

describe('values that change or only seem to be', () => {
  const [x, y] = [layer([2], { clamped: true }), layer([2])];
  const floats = (...numbers: number[]) => Float32Array.from(numbers);

  /** An interaction of the user's, −Σ s. */
  function own(parameters: Interaction['parameters'] = []): Interaction {
    return {
      kind: 'own',
      layers: [y],
      reads: 'state',
      linear: true,
      parameters,
      energy: () => {},
      stateGradient(_layer, _values, _parameters, _batch, gradient) {
        for (let j = 0; j < gradient.length; j++) gradient[j]--;
      },
      parameterGradient: () => {},
    };
  }

  it("an energy stays as it is, whatever becomes of a user's interaction", async () => {
    const interaction = own([{ name: 'w', shape: [2], initialise: () => {} }]) as {
      -readonly [K in keyof Interaction]: unknown;
    };
    const energy = sum(leak(y), dense(x, y), interaction as unknown as Interaction);
    interaction.parameters = undefined;
    interaction.layers = [];
    interaction.stateGradient = 7;
    const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript' });
    const { state } = await model.settle({ input: floats(0, 0) });
    for (const unit of state.layer1) expect(unit).to.be.closeTo(1, 1e-3);
    expect([...model.parameters.keys()]).to.deep.equal(['dense1.weight', 'own1.w']);
  });

  it('interactions that share a parameter share its snapshot', () => {
    const spec = { name: 'w', shape: [2], initialise: () => {} };
    expect([...sum(own([spec]), own([spec])).parameters.keys()]).to.deep.equal(['own1.w']);
  });

  it('energies and their parts cannot be changed', () => {
    const connection = dense(x, y);
    const energy = sum(leak(y), connection);
    const change = (work: () => unknown) => expect(work).to.throw();
    change(() => (energy.layers as Map<string, unknown>).clear());
    change(() => (energy.interactions as Map<string, unknown>).delete('leak1'));
    change(() => ((connection as { layers: unknown }).layers = []));
    change(() => (connection.layers as unknown as unknown[]).push(x));
    change(() => ((connection.parameters[0] as { shape: unknown }).shape = [1]));
    change(() => ((energy as { layers: unknown }).layers = new Map()));
    expect(energy.layers.size).to.equal(2);
  });

  it('what only inherits from a class is none of it', async () => {
    expectThrows(() => leak(Object.create(y)), 'ERR_ARGUMENT', 'leak layer must be a layer');
    expectThrows(() => leak(new Proxy(y, {})), 'ERR_ARGUMENT', 'a Proxy');
    const model = Object.create(Model.prototype) as Model;
    await expectRejects(model.settle({ input: floats(0, 0) }), 'ERR_ARGUMENT', 'on a model');
    expectThrows(() => model.dispose(), 'ERR_ARGUMENT', 'on a model');
    expectThrows(() => model.parameters, 'ERR_ARGUMENT', 'on a model');
    const sound = new Model({ energy: sum(leak(y), dense(x, y)), cost: squaredError(y), input: x, output: y });
    const signal = Object.create(AbortSignal.prototype);
    await expectRejects(sound.settle({ input: floats(0, 0), signal }), 'ERR_ARGUMENT', 'AbortSignal');
    await expectRejects(sound.predict(new Proxy(floats(0, 0), {})), 'ERR_ARGUMENT', 'a Proxy');
    sound.dispose();
  });

  it('a data set says that its memory is gone', () => {
    const inputs = floats(1, 2);
    const data = dataset({ inputs, shape: [1], labels: [0, 1] });
    structuredClone(inputs.buffer, { transfer: [inputs.buffer] });
    expectThrows(() => data.slice(0, 1), 'ERR_ARGUMENT', 'inputs', 'detached');
    expectThrows(() => data.inputsAsFloats(), 'ERR_ARGUMENT', 'inputs', 'detached');
    expectThrows(() => Reflect.construct(data.constructor, [{ ...data }]), 'ERR_ARGUMENT', 'dataset(…)');
  });

  it('so do the weights of a cost', () => {
    const weights = floats(1, 2);
    structuredClone(weights.buffer, { transfer: [weights.buffer] });
    expectThrows(() => squaredError(y, { weights }), 'ERR_ARGUMENT', 'squaredError weights', 'detached');
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
    const buffer = new Resizable(16, { maxByteLength: 16 });
    const view = new Float32Array(buffer, 8, 2);
    (buffer as unknown as { resize(length: number): void }).resize(4);
    expectThrows(() => squaredError(y, { weights: view }), 'ERR_ARGUMENT', 'squaredError weights', 'shrunk');
  });

  it('options may come from a class, and from no prototype', () => {
    class Options {
      get activation() {
        return 'tanh' as const;
      }
    }
    expect(layer([1], new Options()).activation).to.equal('tanh');
    expect(layer([1], Object.assign(Object.create(null), { clamped: true })).clamped).to.equal(true);
  });

  for (const kind of ['proxy', 'heir'] as const) {
    it(`what a callback throws comes out as it is, and the training is saved: ${kind}`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'eqprop-test-'));
      const model = hopfield([1, 1], { engine: 'javascript' });
      const thrown = unaskable('thrown', kind);
      const phases = { free: euler({ iterations: 1 }), nudged: euler({ iterations: 1 }) };
      const training = model.fit(dataset({ inputs: floats(1), shape: [1], targets: floats(1) }), {
        epochs: 2,
        batchSize: 1,
        estimator: positive({ beta: 1, ...phases }),
        optimizer: sgd({ learningRate: 0.1 }),
        checkpoint: { dir, every: { epochs: 2 } },
        onEpochEnd: () => {
          throw thrown;
        },
      });
      const end = await training.catch((error) => ({ error }));
      expect(readdirSync(dir)).to.have.length(1);
      rmSync(dir, { recursive: true });
      model.dispose();
      expect('error' in end && end.error === thrown).to.equal(true);
    });

    it(`what a user's interaction throws is not asked what it is: ${kind}`, async () => {
      const interaction = {
        ...own(),
        stateGradient: () => {
          throw unaskable('thrown', kind);
        },
      };
      const energy = sum(leak(y), dense(x, y), interaction);
      const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript' });
      await expectRejects(model.settle({ input: floats(0, 0) }), 'ERR_ARGUMENT', 'must not throw');
      model.dispose();
    });
  }

  it("what an object of a caller's class throws while it is read is put into words", async () => {
    /** Has `fields`, and one at which it throws. */
    const instance = (key: string, fields: object = {}) => {
      class Own {}
      return Object.defineProperty(Object.assign(new Own(), fields), key, { get: attack, enumerable: true }) as never;
    };
    const free = euler({ iterations: 1 });
    const model = hopfield([1, 1], { engine: 'javascript' });
    const data = dataset({ inputs: floats(1), shape: [1], targets: floats(1) });
    const sound = { epochs: 1, batchSize: 1, estimator: positive({ beta: 1, free, nudged: free }) };
    const optimizer = sgd({ learningRate: 0.1 });
    for (const call of [
      () => positive({ beta: 1, free: instance('kind'), nudged: free }),
      () => positive({ beta: 1, free: instance('iterations', { kind: 'euler' }), nudged: free }),
      () => sgd({ learningRate: instance('bias1.bias') }),
      () => withDecay(squaredError(y), instance('dense1.weight')),
      () => model.fit(data, { ...sound, optimizer: instance('name') }),
      () => model.fit(data, { ...sound, optimizer, estimator: instance('programs') }),
      () => model.fit(data, { ...sound, optimizer, estimator: { ...sound.estimator, programs: [instance('kind')] } }),
      () => model.settle({ input: floats(1), from: instance('state') }),
    ]) {
      await expectRejects((async () => call())(), 'ERR_ARGUMENT', 'must be readable');
    }
    model.dispose();
  });

  it('a batch too large for the javascript engine is an error of memory', async () => {
    const [one, many] = [layer([1], { clamped: true }), layer([2 ** 20])];
    const problem = { energy: sum(leak(many), dense(one, many)), cost: squaredError(many), input: one, output: many };
    const model = new Model({ ...problem, engine: 'javascript' });
    await expectRejects(model.settle({ input: new Float32Array(2 ** 20) }), 'ERR_MEMORY', 'model and batch');
    model.dispose();
  }).timeout(60_000);
});
