import { expect } from 'chai';
import {
  type ActivationName,
  bias,
  centered,
  coordinateDescent,
  dataset,
  dense,
  euler,
  fixedPoint,
  hopfield,
  layer,
  leak,
  Model,
  type ModelOptions,
  negative,
  positive,
  randomSign,
  sgd,
  squaredError,
  sum,
} from '../../lib/index.js';
import { floats, instructionSets, largestDifference, relativeError } from '../support.js';

const batch = 21;
const input = floats(batch * 53, 1);
const target = floats(batch * 7, 2);

/** A chain with skip connections, a strong leak and an output of wider range. Its gain is low: where weights are so
 * strong that states never rest, any two precisions drift apart. */
function graph(options: ModelOptions): Model {
  const x = layer([53], { name: 'x', clamped: true });
  const h1 = layer([70], { name: 'h1' });
  const h2 = layer([35], { name: 'h2', activation: 'tanh' });
  const y = layer([7], { name: 'y', activation: 'linear', range: [-1, 2] });
  const h3 = layer([5], { name: 'h3', range: [0.25, 1] }); // a range that leaves out 0
  const joined = [
    [x, h1],
    [h1, h2],
    [h2, y],
    [h1, y],
    [x, y],
    [h1, h3],
  ].map(([a, b]) => dense(a, b, { gain: 0.7 }));
  const energy = sum(leak(h1), leak(h2, { strength: 1.5 }), leak(y), leak(h3), bias(h1), bias(h2), bias(y), ...joined);
  return new Model({ energy, cost: squaredError(y), input: x, output: y, ...options });
}

const networks: Record<string, (options: ModelOptions) => Model> = {
  'a graph with skip connections': graph,
};
for (const activation of ['hardSigmoid', 'sigmoid', 'tanh'] as ActivationName[]) {
  networks[`a chain of ${activation}`] = (options) => hopfield([53, 70, 35, 7], { activation, ...options });
}

describe('the two engines agree', () => {
  for (const isa of instructionSets()) {
    for (const [name, make] of Object.entries(networks)) {
      describe(`${isa}, ${name}`, () => {
        const javascript = make({ seed: 3, engine: 'javascript' });
        const native = make({ seed: 3, engine: 'native', isa, precision: 'float32', threads: 2 });
        after(() => native.dispose());

        it('on states, energies, costs and residuals after 20 Euler steps, free and nudged: 1e-5', async () => {
          for (const beta of [0, 0.7, -0.7]) {
            const call = { input, target, beta, dynamics: euler({ iterations: 20 }) };
            const [a, b] = [await javascript.settle(call), await native.settle(call)];
            for (const layerName of Object.keys(a.state)) {
              expect(largestDifference(b.state[layerName], a.state[layerName]), layerName).to.be.below(1e-5);
            }
            expect(relativeError(b.energy, a.energy)).to.be.below(1e-5);
            if (!a.cost || !b.cost) throw new Error('a target was given, so there is a cost');
            expect(largestDifference(b.cost, a.cost)).to.be.below(1e-4);
            expect(largestDifference(b.residual, a.residual)).to.be.below(1e-5);
            expect([...b.iterations]).to.deep.equal([...a.iterations]);
          }
        });

        it('on the other dynamics: 1e-5', async () => {
          const smooth = name === 'a graph with skip connections' || !name.endsWith('hardSigmoid');
          const others = [fixedPoint({ iterations: 20, relaxation: 0.5 }), coordinateDescent({ relaxation: 1.1 })];
          for (const dynamics of smooth ? others.slice(0, 1) : others) {
            for (const beta of [0, 0.7, -0.7]) {
              const call = { input, target, beta, dynamics };
              const [a, b] = [await javascript.settle(call), await native.settle(call)];
              for (const layerName of Object.keys(a.state)) {
                const difference = largestDifference(b.state[layerName], a.state[layerName]);
                expect(difference, `${dynamics.kind} ${layerName}`).to.be.below(1e-5);
              }
            }
          }
        });

        it('on which example rests after how many steps', async () => {
          const call = { input, dynamics: euler({ iterations: 400, tolerance: 1e-3 }) };
          const [a, b] = [await javascript.settle(call), await native.settle(call)];
          expect(a.converged).to.deep.equal(b.converged);
          // A residual that passes the tolerance by less than float32 tells apart may count one step more or less.
          for (let e = 0; e < batch; e++) expect(Math.abs(a.iterations[e] - b.iterations[e])).to.be.at.most(1);
        });

        it('on gradients of every estimator: 1e-4 relative', async () => {
          const options = { beta: 1, free: euler({ iterations: 60 }), nudged: euler({ iterations: 12 }) };
          for (const estimator of [positive, negative, randomSign, centered]) {
            const a = await javascript.gradient({ input, target }, estimator(options));
            const b = await native.gradient({ input, target }, estimator(options));
            for (const parameter of Object.keys(a)) {
              const error = relativeError(b[parameter], a[parameter]);
              expect(error, `${estimator.name} ${parameter}`).to.be.below(1e-4);
            }
          }
        });

        async function train50(moment: object, inputs = floats(100 * 53, 5)) {
          const data = dataset({ inputs, shape: [53], targets: floats(100 * 7, 6) });
          const options = {
            epochs: 10,
            batchSize: 20,
            start: 'persistent' as const,
            estimator: randomSign({ beta: 0.5, free: euler({ iterations: 20 }), nudged: euler({ iterations: 4 }) }),
            optimizer: sgd({ learningRate: 0.1, decay: 0.9, ...moment }),
          };
          const [a, b] = [
            make({ seed: 3, engine: 'javascript' }),
            make({ seed: 3, engine: 'native', isa, precision: 'float32', threads: 2 }),
          ];
          const [before, historyA, historyB] = [a.parameters, await a.fit(data, options), await b.fit(data, options)];
          const trained = b.parameters;
          const valuesOf = (parameters: typeof trained, name: string) => {
            const parameter = parameters.get(name);
            if (!parameter) throw new Error(`${name} is missing`);
            return parameter.data;
          };
          for (const [parameter, { data: expected }] of a.parameters) {
            expect(relativeError(valuesOf(trained, parameter), expected), parameter).to.be.below(1e-3);
            expect(largestDifference(valuesOf(before, parameter), expected), parameter).to.be.above(1e-4);
          }
          expect(historyB[9].cost).to.be.closeTo(historyA[9].cost, 1e-4);
          expect(historyB[9].energy).to.be.closeTo(historyA[9].energy, 1e-3);
          b.dispose();
        }

        it('on the weights of 50 training steps from one seed: 1e-3 relative', () => train50({}));

        it('on those with momentum, and with inputs that are mostly zero', async () => {
          const sparse = floats(100 * 53, 5, -2).map((x) => Math.max(0, x)); // two thirds are
          await train50({ momentum: 0.8 }, sparse);
          await train50({ momentum: 0.8, nesterov: true });
        });
      });
    }
  }
});
