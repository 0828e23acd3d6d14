import { expect } from 'chai';
import fc from 'fast-check';
import { logSlope } from '../../lib/audit/compare.js';
import {
  anderson,
  centered,
  colouring,
  coordinateDescent,
  type Dynamics,
  type Estimator,
  euler,
  finiteDifferences,
  fixedPoint,
  holomorphic,
  hopfield,
  plasticity,
  positive,
  recurrentBackprop,
} from '../../lib/index.js';
import { floats, largestDifference, relativeError } from '../support.js';
import { type RandomGraph, randomGraph } from './random-graph.js';

/** As many random graphs as the property tests draw. */
const GRAPHS = 200;

/** Runs a test on many graphs; the seed of one that fails is reported, and is drawn again by the same number. */
async function onGraphs(test: (seed: number) => Promise<void>, count = GRAPHS): Promise<void> {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 1_000_000 }), test), { numRuns: count, seed: 1 });
}

async function gradient({ model, input, target, weights }: RandomGraph, estimator: Estimator): Promise<Float64Array> {
  const byName = await model.gradient({ input, target, weights }, estimator);
  return Float64Array.from(Object.values(byName).flatMap((values) => Array.from(values)));
}

/** Whether every example rests, and no state stands so near to a bound that a small nudge would press it there. */
async function isRegular({ model, input, dynamics }: RandomGraph): Promise<boolean> {
  const { converged, state } = await model.settle({ input, dynamics });
  expect(converged).to.not.include(false);
  for (const [name, { range }] of model.energy.layers) {
    if (name === 'x' || !range.every(Number.isFinite)) continue;
    const values = state[name];
    if (values.some((s) => range.some((bound) => s !== bound && Math.abs(s - bound) < 0.02))) return false;
  }
  return true;
}

describe('on 200 random graphs, in float64', () => {
  it('recurrent back-propagation is the finite differences of J (1e-6), and centered at β = 1e-3 is both (1e-5)', async function () {
    this.timeout(120_000);
    let regular = 0;
    await onGraphs(async (seed) => {
      const graph = randomGraph(seed);
      const { dynamics: free, about } = graph;
      if (!(await isRegular(graph))) return;
      regular++;
      const reference = await gradient(graph, recurrentBackprop({ free }));
      const differences = await gradient(graph, finiteDifferences({ free, step: 1e-4 }));
      expect(relativeError(reference, differences), `recurrent, ${about}`).to.be.below(1e-6);
      const estimate = await gradient(graph, centered({ beta: 1e-3, free, nudged: free }));
      expect(relativeError(estimate, reference), `centered, ${about}`).to.be.below(1e-5);
    });
    expect(regular, 'graphs without a unit at the edge of its range').to.be.above(0.8 * GRAPHS);
  });

  it('one-sided, centered and N = 4 holomorphic errors fall as β, β² and β⁴ (slopes ± 0.2)', async function () {
    this.timeout(120_000);
    await onGraphs(async (seed) => {
      const graph = randomGraph(seed, { clipped: false });
      const { dynamics: free, about } = graph;
      const reference = await gradient(graph, recurrentBackprop({ free }));
      const errorAt = async (estimator: Estimator) => relativeError(await gradient(graph, estimator), reference);
      const expectSlope = async (make: (beta: number) => Estimator, expected: number) => {
        // From where the first power rules the others, and rounding is still far.
        let beta = 0.5;
        while ((await errorAt(make(beta))) > 10 ** -(3 + expected)) beta /= 2;
        const betas = [beta, beta / 2];
        const errors: number[] = [];
        for (const b of betas) errors.push(await errorAt(make(b)));
        expect(logSlope(betas, errors), `${make(1).name} ${errors}, ${about}`).to.be.closeTo(expected, 0.2);
      };
      await expectSlope((beta) => positive({ beta, free, nudged: free }), 1);
      await expectSlope((beta) => centered({ beta, free, nudged: free }), 2);
      await expectSlope((beta) => holomorphic({ beta, free, nudged: free, points: 4 }), 4);
    });
  });

  it('the path integral of the plasticity rule is the contrast: 1e-6', async function () {
    this.timeout(60_000);
    await onGraphs(async (seed) => {
      const graph = randomGraph(seed, { rich: false });
      const { dynamics: free, about } = graph;
      const options = { beta: 0.1, free, nudged: fixedPoint({ relaxation: 0.5, iterations: 12 }) };
      const [path, contrast] = [await gradient(graph, plasticity(options)), await gradient(graph, positive(options))];
      expect(relativeError(path, contrast), about).to.be.below(1e-6);
    });
  });

  it('nudged Euler increments are back-propagation through the settling, step by step: 1e-6 over 12 steps', async function () {
    this.timeout(60_000);
    await onGraphs(async (seed) => {
      const { model, input, target, weights, about } = randomGraph(seed, { rich: false, clipped: false });
      const { steps } = await model.audit({ input, target, weights }, { estimators: [], steps: 12 });
      for (const { name, nudged, relativeError: error } of [...(steps?.layers ?? []), ...(steps?.parameters ?? [])]) {
        expect(nudged).to.have.length(12);
        if (Math.max(...nudged) > 1e-9) expect(error, `${name}, ${about}`).to.be.below(1e-6);
      }
      expect(steps?.layers).to.not.be.empty;
    });
    // Units that are clipped move in neither account.
    const clipped = hopfield([6, 12, 3], { engine: 'javascript', seed: 1 });
    const batch = { input: floats(4 * 6, 1), target: floats(4 * 3, 2) };
    const { steps } = await clipped.audit(batch, { estimators: [] });
    const { state } = await clipped.settle({ input: batch.input });
    expect(state.hidden1.filter((s) => s === 0).length).to.be.above(5);
    for (const { relativeError: error } of steps?.layers ?? []) expect(error).to.be.below(1e-6);
  });

  it('no two layers of one colour share an interaction, and every free layer has one', async () => {
    await onGraphs(async (seed) => {
      const { model, about } = randomGraph(seed);
      const groups = colouring(model.energy);
      for (const group of groups) {
        for (const { layers } of model.energy.interactions.values()) {
          expect(layers.filter((l) => group.includes(l)).length, about).to.be.at.most(1);
        }
      }
      expect(groups.flat()).to.have.members([...model.energy.layers.values()].filter((l) => !l.clamped));
    });
  });

  it('Anderson acceleration finds the same equilibrium as the plain iteration, in fewer iterations', async () => {
    let [plain, accelerated] = [0, 0];
    await onGraphs(async (seed) => {
      const { model, input, dynamics, about } = randomGraph(seed);
      if (dynamics.kind !== 'fixedPoint') return;
      const expected = await model.settle({ input, dynamics: { ...dynamics, tolerance: 1e-10 } });
      const { kind: _, ...settings } = { ...dynamics, tolerance: 1e-10 };
      const found = await model.settle({ input, dynamics: anderson(settings) });
      expect(found.converged, about).to.not.include(false);
      for (const name of Object.keys(expected.state)) {
        expect(largestDifference(found.state[name], expected.state[name]), about).to.be.below(1e-7);
      }
      plain += expected.iterations.reduce((a, b) => a + b, 0);
      accelerated += found.iterations.reduce((a, b) => a + b, 0);
    });
    expect(accelerated).to.be.below(0.6 * plain);
  });

  it('F never rises along small Euler steps, nor along coordinate descent', async function () {
    this.timeout(60_000);
    await onGraphs(async (seed) => {
      const any = randomGraph(seed);
      await expectDescent(any, euler({ stepSize: 0.005, iterations: 100 }));
      const identity = randomGraph(seed, { identity: true });
      if (!identity.about.includes('potential')) await expectDescent(identity, coordinateDescent({ iterations: 40 }));
    });
  });
});

async function expectDescent({ model, input, about }: RandomGraph, dynamics: Dynamics): Promise<void> {
  const { moments } = await model.record({ input, dynamics });
  expect(moments).to.have.length(dynamics.iterations + 1);
  for (let t = 1; t < moments.length; t++) {
    moments[t].total.forEach((f, e) => {
      const before = moments[t - 1].total[e];
      expect(f, `${dynamics.kind}, step ${t} of ${about}`).to.be.at.most(
        before + 1e-12 * Math.max(1, Math.abs(before)),
      );
    });
  }
}
