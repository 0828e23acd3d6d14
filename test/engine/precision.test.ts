import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { compare } from '../../lib/audit/compare.js';
import {
  bias,
  centered,
  coordinateDescent,
  dataset,
  dense,
  euler,
  hopfield,
  lateral,
  layer,
  leak,
  Model,
  type ModelOptions,
  positive,
  setThreadLimit,
  sgd,
  squaredError,
  sum,
} from '../../lib/index.js';
import { expectThrows, fingerprint, floats, instructionSets, largestDifference } from '../support.js';

const batch = 21;
const inputs = 784;
/** Mostly zeros, as images are. */
const input = floats(batch * inputs, 1, -2).map((x) => Math.max(0, x));
const target = Float32Array.from({ length: batch * 10 }, (_, k) => (((k / 10) | 0) % 10 === k % 10 ? 1 : 0)).map(
  Number,
);

/** A network of the paper's form, with its schedule's length. Its gain lets it come to rest: states that still move part
 * from each other in any precision. */
const paperLike = (options: ModelOptions) => hopfield([inputs, 120, 97, 10], { seed: 3, gain: 0.7, ...options });
const free = euler({ iterations: 150 });
const nudged = euler({ iterations: 6 });

/** Skip connections, laterals, an activation with a slope: forms of a step that a chain has not. */
function graph(options: ModelOptions): Model {
  const x = layer([19], { name: 'x', clamped: true });
  const h1 = layer([33], { name: 'h1' });
  const h2 = layer([70], { name: 'h2', activation: 'tanh' });
  const y = layer([10], { name: 'y', activation: 'linear', range: [-1, 2] });
  const joined = [dense(x, h1), dense(h1, h2), dense(h2, y), dense(h1, y), dense(x, y)];
  const energy = sum(leak(h1), leak(h2), leak(y), bias(h1), bias(h2), lateral(h1, { gain: 0.3 }), ...joined);
  return new Model({ energy, cost: squaredError(y), input: x, output: y, seed: 3, ...options });
}

describe('precision', () => {
  for (const isa of instructionSets()) {
    describe(isa, () => {
      const javascript = paperLike({ engine: 'javascript' });
      const [whole, split, narrow] = (['float32', 'splitBf16', 'bf16'] as const).map((precision) =>
        paperLike({ isa, precision, threads: 2 }),
      );
      after(() => {
        for (const model of [whole, split, narrow]) model.dispose();
      });

      it('splitBf16 settles to the states of float64 within 1e-5, bf16 within 5e-3', async () => {
        for (const beta of [0, 0.5, -0.5]) {
          const call = { input, target, beta, dynamics: free };
          const exact = await javascript.settle(call);
          const [a, b] = [await split.settle(call), await narrow.settle(call)];
          for (const name of ['hidden1', 'hidden2', 'output']) {
            expect(largestDifference(a.state[name], exact.state[name]), name).to.be.below(1e-5);
            expect(largestDifference(b.state[name], exact.state[name]), name).to.be.within(1e-5, 5e-3);
          }
        }
      });

      it('splitBf16 gives the gradient with a cosine of 0.9999 even at a small β; bf16 at a large one', async () => {
        for (const beta of [1, 0.1, 0.02]) {
          for (const estimator of [positive({ beta, free, nudged }), centered({ beta, free, nudged })]) {
            const exact = await javascript.gradient({ input, target }, estimator);
            const cosine = async (model: Model) =>
              compare(await model.gradient({ input, target }, estimator), exact).all.cosine;
            expect(await cosine(whole)).to.be.above(0.99999);
            expect(await cosine(split), `split, ${estimator.name} ${beta}`).to.be.above(0.9999);
            expect(await cosine(narrow), `bf16, ${estimator.name} ${beta}`).to.be.above(beta === 1 ? 0.999 : 0.9);
          }
        }
      });

      for (const precision of ['splitBf16', 'bf16'] as const) {
        it(`${precision}: any graph, by any dynamics that the engine has`, async () => {
          const [exact, model] = [graph({ engine: 'javascript' }), graph({ isa, precision, threads: 2 })];
          const call = {
            input: floats(batch * 19, 5),
            target,
            weights: floats(batch, 6, 0.5, 1.5),
            beta: 0.5,
          };
          const bound = precision === 'bf16' ? 5e-2 : 1e-4;
          for (const dynamics of [euler({ iterations: 30 }), euler({ iterations: 200, tolerance: 1e-4 })]) {
            const [a, b] = [await exact.settle({ ...call, dynamics }), await model.settle({ ...call, dynamics })];
            for (const name of ['h1', 'h2', 'y']) {
              expect(largestDifference(b.state[name], a.state[name]), name).to.be.below(bound);
            }
          }
          model.dispose();
        });

        it(`${precision}: the same bits for 1, 2, 3 threads, and for an example alone`, async () => {
          const dynamics = euler({ iterations: 60, tolerance: 1e-3 });
          const data = dataset({ inputs: input, shape: [inputs], targets: target });
          setThreadLimit(6); // on any machine
          const runs = [1, 2, 3].map(async (threads) => {
            const model = paperLike({ isa, precision, threads });
            const { state, iterations } = await model.settle({ input, dynamics });
            const estimator = positive({ beta: 0.5, free: dynamics, nudged });
            const options = { epochs: 3, batchSize: 8, estimator, optimizer: sgd({ learningRate: 0.1 }) };
            const alone = await model.settle({ input: input.slice(4 * inputs, 5 * inputs), dynamics });
            expect(alone.state.hidden2).to.deep.equal(state.hidden2.slice(4 * 97, 5 * 97));
            expect(alone.iterations[0]).to.equal(iterations[4]);
            expect(new Set(iterations).size, 'examples that rest leave the batch').to.be.above(1);
            await model.fit(data, options);
            const bits = [fingerprint(model), Buffer.from(state.hidden1.buffer).toString('base64')];
            model.dispose();
            return bits;
          });
          const [one, two, three] = await Promise.all(runs);
          setThreadLimit(availableParallelism());
          expect(two).to.deep.equal(one);
          expect(three).to.deep.equal(one);
        });

        it(`${precision}: learns, and its weights are what the next batch settles with`, async () => {
          const model = paperLike({ isa, precision, threads: 2 });
          const data = dataset({ inputs: input, shape: [inputs], targets: target });
          const estimator = centered({ beta: 0.5, free: coordinateDescent({ iterations: 10 }), nudged });
          const before = await model.evaluate(data);
          await model.fit(data, { epochs: 30, batchSize: 7, estimator, optimizer: sgd({ learningRate: 0.1 }) });
          const { cost } = await model.evaluate(data);
          expect(cost).to.be.below(0.5 * before.cost);
          const copy = paperLike({ isa, precision, threads: 1 });
          copy.setParameters(Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data])));
          expect((await copy.evaluate(data)).cost).to.equal(cost);
          for (const m of [model, copy]) m.dispose();
        });
      }
    });
  }

  it('bf16 reports a tolerance out of its reach as not converged, after all iterations', async () => {
    const model = paperLike({ precision: 'bf16' });
    const { converged, iterations, residual } = await model.settle({
      input,
      dynamics: euler({ iterations: 500, tolerance: 1e-12 }),
    });
    for (let e = 0; e < batch; e++) {
      expect(converged[e]).to.equal(residual[e] <= 1e-12);
      if (!converged[e]) expect(iterations[e]).to.equal(500);
    }
    model.dispose();
  });

  it('shows in an audit what it does to the gradient, and says when it drowns the signal', async () => {
    const one = { input: input.slice(0, 4 * inputs), target: target.slice(0, 40) };
    const settled = euler({ iterations: 400, tolerance: 1e-9 });
    const estimators = [1, 0.005].map((beta) => centered({ beta, free: settled, nudged: settled }));
    const reports = await Promise.all(
      (['splitBf16', 'bf16'] as const).map(async (precision) => {
        const model = hopfield([inputs, 40, 30, 10], { seed: 3, activation: 'tanh', precision });
        const report = await model.audit(one, { estimators, steps: 0 });
        model.dispose();
        return report;
      }),
    );
    const [split, narrow] = reports;
    expect([split.precision, narrow.precision]).to.deep.equal(['splitBf16', 'bf16']);
    expect(split.findings.join(' ')).not.to.include('drowns');
    const errors = narrow.estimators.map(({ native }) => native?.relativeError ?? Number.NaN);
    expect(errors[0]).to.be.below(0.1);
    expect(errors[1]).to.be.above(0.1);
    const said = narrow.findings.filter((finding) => finding.includes('drowns'));
    expect(said).to.have.length(1);
    expect(said[0]).to.include('bf16 drowns the signal at β 0.005').and.include("precision 'splitBf16'");
  });

  it('is refused by names that do not exist', () => {
    expectThrows(() => paperLike({ precision: 'bf8' as never }), 'ERR_NAME', 'precision', "'bf8'", 'splitBf16');
    expectThrows(() => paperLike({ precision: null as never }), 'ERR_NAME', 'precision', 'null');
  });
});
