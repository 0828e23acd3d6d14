import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  bias,
  centered,
  continual,
  type Dataset,
  dataset,
  dense,
  euler,
  type FitOptions,
  hopfield,
  layer,
  leak,
  Model,
  type ModelOptions,
  type Parameter,
  type Progress,
  positive,
  randomSign,
  sgd,
  squaredError,
  sum,
  type TrainingStart,
  withDecay,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import { slack } from '../slack.js';
import { expectError, expectRejects, fingerprint, instructionSets, largestDifference } from '../support.js';

/** Three kinds of noisy stripes: easy to learn. */
function stripes(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const labels = Uint32Array.from({ length: count }, () => random.below(3));
  const inputs = new Float32Array(count * 12);
  for (let i = 0; i < inputs.length; i++)
    inputs[i] = 0.3 * random.uniform() + (i % 3 === labels[Math.floor(i / 12)] ? 0.7 : 0);
  return dataset({ inputs, shape: [12], labels, classes: 3 });
}

const data = stripes(300, 1);
const dynamics = { free: euler({ iterations: 20 }), nudged: euler({ iterations: 6 }) };
const options: FitOptions = {
  epochs: 3,
  batchSize: 16,
  estimator: randomSign({ beta: 0.5, ...dynamics }),
  optimizer: sgd({ learningRate: [0.3, 0.1] }),
};
const network = (more: ModelOptions) => hopfield([12, 20, 3], { seed: 2, ...more });

for (const engine of ['native', 'javascript'] as const) {
  describe(`fit on the ${engine} engine`, () => {
    it('learns, and tells how it went', async () => {
      const model = network({ engine });
      const validation = stripes(100, 9);
      const seen: number[] = [];
      const history = await model.fit(data, {
        ...options,
        epochs: 10,
        validation,
        onEpochEnd: ({ epoch }) => void seen.push(epoch),
      });
      expect(seen).to.deep.equal(Array.from({ length: 10 }, (_, i) => i + 1));
      expect(history).to.have.length(10);
      expect(history[9].error).to.be.below(0.02);
      expect(history[9].cost).to.be.below(history[0].cost / 2);
      expect(history[9].seconds).to.be.above(0);
      expect(history[9].validation?.error).to.be.below(0.05);
      const measured = await model.evaluate(validation, { dynamics: dynamics.free });
      expect(history[9].validation).to.deep.equal({
        error: measured.error,
        cost: measured.cost,
        energy: measured.energy,
      });
    });

    it('gives the same bits for the same seed', async () => {
      const run = async (seed: number) => {
        const model = hopfield([12, 20, 3], { seed, engine });
        await model.fit(data, options);
        return fingerprint(model);
      };
      expect(await run(7)).to.equal(await run(7));
      expect(await run(7)).to.not.equal(await run(8));
    });

    it('keeps free states by example: 15 visits of 2 steps reach where 30 steps reach', async () => {
      const energyAfter = async (start: TrainingStart) => {
        const model = network({ engine });
        const few = centered({ beta: 0.5, free: euler({ iterations: 2 }), nudged: euler({ iterations: 2 }) });
        const idle = sgd({ learningRate: 0 });
        const history = await model.fit(data, { ...options, epochs: 15, start, estimator: few, optimizer: idle });
        return history[14].energy;
      };
      const { energy } = await network({ engine }).evaluate(data, { dynamics: euler({ iterations: 30 }) });
      expect(await energyAfter('persistent')).to.be.closeTo(energy, 1e-5);
      expect(Math.abs((await energyAfter('zero')) - energy)).to.be.above(0.01);
    });

    it('does not shuffle if told so, and then needs no randomness', async () => {
      const run = async (seed: number) => {
        const model = hopfield([12, 20, 3], { seed: 1, engine });
        if (seed) await model.fit(data, { ...options, epochs: 1, optimizer: sgd({ learningRate: 0 }) });
        const estimator = centered({ beta: 0.5, ...dynamics });
        await model.fit(data, { ...options, estimator, shuffle: false });
        return fingerprint(model);
      };
      expect(await run(0)).to.equal(await run(1));
    });

    it('lets others predict meanwhile, and refuses a second fit', async () => {
      const model = network({ engine });
      const fitting = model.fit(data, { ...options, epochs: 40 });
      await expectRejects(model.fit(data, options), 'ERR_BUSY', 'fit');
      expect(await model.predict(data)).to.have.length(300);
      expect(model.parameters.size).to.equal(4);
      expect(await fitting).to.have.length(40);
      await model.fit(data, { ...options, epochs: 1 });
    });

    it('reports progress and rejects with what a callback throws', async () => {
      const model = network({ engine });
      const reports: Progress[] = [];
      const oops = new Error('oops');
      const failing = model.fit(data, {
        ...options,
        epochs: 1e6,
        onProgress: (progress) => {
          reports.push(progress);
          if (reports.length === 3) throw oops;
        },
      });
      expect(await failing.catch((error) => error)).to.equal(oops);
      expect(reports).to.have.length(3);
      for (const { epoch, epochs, examples, total, error, energy } of reports) {
        expect(epochs).to.equal(1e6);
        expect(epoch).to.be.at.least(1);
        expect(examples).to.be.within(1, 300);
        expect(total).to.equal(300);
        expect(error).to.be.within(0, 1);
        expect(energy).to.be.a('number');
      }
      const late = model.fit(data, { ...options, onEpochEnd: () => Promise.reject(oops) });
      expect(await late.catch((error) => error)).to.equal(oops);
      expect(await model.fit(data, { ...options, epochs: 1 })).to.have.length(1);
    });

    it('moves by velocities that last from epoch to epoch and begin anew in every fit', async () => {
      const one = data.slice(0, 16);
      const estimator = centered({ beta: 0.5, ...dynamics });
      for (const nesterov of [false, true]) {
        const model = network({ engine });
        const plain = network({ engine });
        const velocity = new Map<string, Float64Array>();
        const inputs = one.inputsAsFloats(0, 16);
        const target = new Float32Array(16 * 3);
        for (const [e, label] of (one.labels ?? []).entries()) target[e * 3 + label] = 1;
        for (let fit = 0; fit < 2; fit++) {
          const optimizer = sgd({ learningRate: 0.2, momentum: 0.7, nesterov });
          await model.fit(one, { epochs: 3, batchSize: 16, shuffle: false, estimator, optimizer });
          velocity.clear();
          for (let step = 0; step < 3; step++) {
            const gradient = await plain.gradient({ input: inputs, target }, estimator);
            const moved = [...plain.parameters].map(([name, { data: theta }]) => {
              const v = (velocity.get(name) ?? new Float64Array(theta.length)).map(
                (x, k) => 0.7 * x + gradient[name][k],
              );
              velocity.set(name, v);
              return [name, theta.map((x, k) => x - 0.2 * (nesterov ? gradient[name][k] + 0.7 * v[k] : v[k]))] as const;
            });
            plain.setParameters(Object.fromEntries(moved));
          }
        }
        for (const [name, { data: expected }] of plain.parameters) {
          const got = model.parameters.get(name)?.data ?? [];
          expect(largestDifference(got as Float32Array, expected), name).to.be.below(1e-5);
        }
      }
    });

    it('stops at the first number that is not finite and names the step', async () => {
      const model = hopfield([12, 20, 3], { engine, activation: 'linear' });
      const wild = { ...options, epochs: 50, optimizer: sgd({ learningRate: 30 }) };
      const error = await model.fit(data, wild).catch((e) => e);
      expect(error).to.have.property('code', 'ERR_DIVERGED');
      expect(error.step).to.be.within(2, 200);
      expect(error.kind).to.be.oneOf(['state', 'energy', 'parameter']);
      expect(error.tensor).to.be.oneOf(['hidden1', 'output', 'energy', ...model.parameters.keys()]);
      expect(error.message).to.match(/^training stopped at step \d+: .* lower the learning rate/);
    });

    it('is whole again once a model that diverged is given its parameters back', async () => {
      const dynamics = euler({ iterations: 10, stepSize: 0.1 });
      for (const isa of engine === 'native' ? instructionSets() : [undefined]) {
        const model = hopfield([12, 5, 3], { engine, activation: 'linear', dynamics, ...(isa && { isa }) });
        const kept = Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data]));
        const before = await model.evaluate(data);
        const nudged = euler({ iterations: 100, stepSize: 0.1 });
        const wild = { ...options, batchSize: 300, estimator: positive({ beta: 1e6, free: dynamics, nudged }) };
        await expectRejects(model.fit(data, { ...wild, epochs: 1 }), 'ERR_DIVERGED');
        model.setParameters(kept);
        expect(await model.evaluate(data), isa).to.deep.equal(before);
      }
    });

    it('counts the step of a divergence from the start of the training, not of the epoch', async () => {
      const model = network({ engine });
      const almostInfinite = engine === 'native' ? 3e38 : 1.7e308;
      const error = await model
        .fit(data, {
          ...options,
          epochs: 5,
          onEpochEnd: ({ epoch }) => {
            if (epoch < 2) return;
            model.setParameters({ 'dense1.weight': new Float64Array(240).fill(almostInfinite) });
          },
        })
        .catch((e) => e);
      expect(error.code).to.equal('ERR_DIVERGED');
      expect(error.step).to.equal(2 * Math.ceil(300 / 16) + 1);
    });

    it('names what overflows at that very step, also where no later example would show it', async () => {
      const [x, y] = [layer([3], { clamped: true }), layer([2], { activation: 'hardSigmoid' })];
      const energy = sum(dense(x, y), leak(y), bias(y));
      const cost = withDecay(squaredError(y), { 'dense1.weight': 1 });
      // The last input is always 0, so that its weights, which decay far beyond 0, play no part in any state.
      const inputs = Float32Array.from({ length: 9 }, (_, i) => (i % 3 === 2 ? 0 : 0.5));
      const examples = dataset({ inputs, shape: [3], labels: [0, 1, 0], classes: 2 });
      const [huge, rate] = engine === 'native' ? [1e38, 1e2] : [1e150, 1e200];
      for (const momentum of [0, 0.5]) {
        const model = new Model({ energy, cost, input: x, output: y, engine });
        const optimizer = sgd({ learningRate: { 'dense1.weight': rate, 'bias1.bias': 0 }, momentum });
        await model.fit(examples, { ...options, epochs: 1, batchSize: 3, optimizer: sgd({ learningRate: 0 }) });
        model.setParameters({ 'dense1.weight': Float64Array.of(0, 0, 0, 0, 0, huge) });
        const error = await model.fit(examples, { ...options, epochs: 2, batchSize: 1, optimizer }).catch((e) => e);
        expectError(error, 'ERR_DIVERGED', "training stopped at step 1: the parameter 'dense1.weight' is not finite");
        expect(error).to.deep.include({ step: 1, kind: 'parameter', tensor: 'dense1.weight' });
        // What the update left: not finite where it overflowed, as good as before elsewhere.
        const { data: weights } = model.parameters.get('dense1.weight') as Parameter;
        expect(Array.from(weights).map(Number.isFinite)).to.deep.equal([true, true, true, true, true, false]);
        await expectRejects(model.save(join(tmpdir(), 'never-written')), 'ERR_DIVERGED', "'dense1.weight'");
        expect(existsSync(join(tmpdir(), 'never-written'))).to.equal(false);
        model.dispose();
      }
    });

    it('names the layer whose state overflows, and makes no update then', async () => {
      const model = hopfield([12, 20, 3], { engine, activation: 'tanh', output: { activation: 'linear' } });
      const almostInfinite = engine === 'native' ? 3e38 : 1.7e308;
      model.setParameters({ 'dense2.weight': new Float64Array(60).fill(almostInfinite) });
      const before = fingerprint(model);
      const error = await model.fit(data, options).catch((e) => e);
      expectError(error, 'ERR_DIVERGED', 'training stopped at step 1: the state of ');
      expect(error).to.deep.include({ step: 1, kind: 'state' });
      expect(error.tensor).to.be.oneOf(['hidden1', 'output']);
      expect(fingerprint(model)).to.equal(before);
    });

    it('refuses options that are missing, unknown or wrong before anything happens', async () => {
      const model = network({ engine });
      const kept = fingerprint(model);
      const fit = (change: object) => model.fit(data, { ...options, ...change } as never);
      await expectRejects(fit({ epochs: 0 }), 'ERR_ARGUMENT', 'fit epochs', '0');
      await expectRejects(fit({ epochs: undefined }), 'ERR_ARGUMENT', 'fit epochs', 'undefined');
      await expectRejects(fit({ batchSize: 2.5 }), 'ERR_ARGUMENT', 'fit batchSize', '2.5');
      await expectRejects(fit({ batchSize: -20 }), 'ERR_ARGUMENT', 'fit batchSize', '-20');
      await expectRejects(fit({ estimator: 'centered' }), 'ERR_ARGUMENT', 'fit estimator', "'centered'");
      await expectRejects(fit({ optimizer: {} }), 'ERR_ARGUMENT', 'fit optimizer', 'sgd');
      await expectRejects(fit({ optimizer: sgd({ learningRate: [1] }) }), 'ERR_SHAPE', 'learningRate', '2 free layers');
      const step = { learningRate: 0.1, momentum: 0.5 };
      const moving = continual({ beta: 0.5, ...dynamics, learningRate: 0.1 });
      await expectRejects(
        fit({ estimator: moving, optimizer: sgd(step) }),
        'ERR_ARGUMENT',
        'continual',
        'momentum',
        '0.5',
      );
      await expectRejects(
        fit({ optimizer: { name: 'sgd', ...step, momentum: 2 } }),
        'ERR_ARGUMENT',
        'sgd momentum',
        '2',
      );
      await expectRejects(fit({ validation: [] }), 'ERR_ARGUMENT', 'fit validation', 'data set');
      await expectRejects(fit({ shuffle: 'yes' }), 'ERR_ARGUMENT', 'fit shuffle', "'yes'");
      await expectRejects(fit({ start: 'warm' }), 'ERR_NAME', 'fit start', "'warm'", 'feedForward');
      await expectRejects(fit({ onEpochEnd: 1 }), 'ERR_ARGUMENT', 'fit onEpochEnd', 'function');
      await expectRejects(fit({ lr: 1 }), 'ERR_NAME', 'fit options', "'lr'", 'batchSize');
      await expectRejects(model.fit(undefined as never, options), 'ERR_ARGUMENT', 'fit data', 'undefined');
      await expectRejects(model.fit(stripes(2, 1).withScale as never, options), 'ERR_ARGUMENT', 'fit data', 'function');
      expect(fingerprint(model)).to.equal(kept);
    });

    it('refuses a data set whose arrays were taken away or spoilt', async () => {
      const model = network({ engine });
      const inputs = new Float32Array(24);
      const set = dataset({ inputs, shape: [12], labels: [0, 1], classes: 3 });
      inputs[13] = Number.NaN;
      await expectRejects(model.fit(set, options), 'ERR_ARGUMENT', 'fit data', 'NaN', 'index 13');
      structuredClone(inputs.buffer, { transfer: [inputs.buffer] });
      await expectRejects(model.fit(set, options), 'ERR_ARGUMENT', 'fit data', 'detached');
    });

    it('rejects soon when aborted, keeps the updates made, and can go on', async () => {
      const model = network({ engine });
      const kept = fingerprint(model);
      const abort = new AbortController();
      let pending: Promise<Error> | undefined;
      await new Promise<void>((begun) => {
        const endless = { ...options, epochs: 1e6, signal: abort.signal, onEpochEnd: () => begun() };
        pending = model.fit(data, endless).catch((error) => error);
      });
      abort.abort();
      const asked = performance.now();
      expect((await pending)?.name).to.equal('AbortError');
      expect(performance.now() - asked).to.be.below(slack(50));
      expect(fingerprint(model)).to.not.equal(kept);
      expect(await model.fit(data, { ...options, epochs: 1 })).to.have.length(1);
      const already = await model.fit(data, { ...options, signal: AbortSignal.abort() }).catch((error) => error);
      expect(already.name).to.equal('AbortError');
    });

    it('says that the model was disposed, wherever a callback does it', async () => {
      for (const when of ['onEpochEnd', 'onProgress']) {
        const model = network({ engine });
        const dispose = { [when]: () => model.dispose() };
        await expectRejects(model.fit(data, { ...options, validation: data, ...dispose }), 'ERR_DISPOSED', 'disposed');
      }
    });

    it('rejects with what an asynchronous onProgress throws', async () => {
      const oops = new Error('late');
      const failing = network({ engine }).fit(data, {
        ...options,
        epochs: 1e6,
        onProgress: () => Promise.reject(oops),
      });
      expect(await failing.catch((error) => error)).to.equal(oops);
    });

    it('hands out parameters as they are between two updates', async () => {
      // The input is always ½, so a weight always gets half of its bias's update.
      const twin = dataset({
        inputs: new Float32Array(40).fill(0.5),
        shape: [1],
        targets: new Float32Array(80).fill(1),
      });
      const model = hopfield([1, 2], { engine });
      model.setParameters({ 'dense1.weight': Float32Array.of(0, 0) });
      const abort = new AbortController();
      const fitting = model.fit(twin, {
        ...options,
        optimizer: sgd({ learningRate: 1e-4 }),
        epochs: 1e6,
        signal: abort.signal,
      });
      const ended = fitting.catch(() => {});
      for (let i = 0; i < 200; i++) {
        const { parameters } = model;
        const [bias, weight] = ['bias1.bias', 'dense1.weight'].map((name) => parameters.get(name)?.data ?? []);
        expect(weight[0]).to.be.closeTo(bias[0] / 2, 1e-9);
        await new Promise((resolve) => setImmediate(resolve));
      }
      abort.abort();
      await ended;
    });

    it('ends when the model is disposed', async () => {
      const model = network({ engine });
      const pending = model.fit(data, { ...options, epochs: 1e6 });
      setTimeout(() => model.dispose(), 30);
      await expectRejects(pending, 'ERR_DISPOSED', 'disposed');
    });
  });
}

describe('fit with many programs', () => {
  it('takes the one that was drawn, also beyond the 256th', async () => {
    const free = { beta: 0, dynamics: euler({ iterations: 4 }), from: 'start' } as const;
    const programs = Array.from({ length: 300 }, (_, i) => ({
      phases: [free],
      terms: [{ phase: 0, coefficient: i < 256 ? 0 : 1 }],
    }));
    const biases: number[][] = [];
    for (const engine of ['native', 'javascript'] as const) {
      const model = network({ engine });
      const estimator = { name: 'many', settings: {}, programs };
      await model.fit(data, { epochs: 1, batchSize: 1, estimator, optimizer: sgd({ learningRate: 0.1 }) });
      biases.push([...(model.parameters.get('bias1.bias')?.data ?? [])]);
    }
    expect(Math.max(...biases[1])).to.be.above(0.1);
    biases[0].forEach((b, i) => void expect(b).to.be.closeTo(biases[1][i], 1e-3));
  });
});

describe('fit on the native engine', () => {
  for (const isa of instructionSets()) {
    it(`gives the same bits for 1, 2, 3 and 8 threads: ${isa}`, async () => {
      const run = async (threads: number) => {
        const model = network({ engine: 'native', isa, threads });
        await model.fit(data, { ...options, start: 'persistent' });
        return fingerprint(model);
      };
      const one = await run(1);
      for (const threads of [2, 3, 8]) expect(await run(threads)).to.equal(one);
    });
  }
});
