import { expect } from 'chai';
import { type Case, STEP_SIZE } from '../../bench/cases.js';
import { HandWrittenLoops } from '../../bench/loops.js';
import { differences, layeredOf, type Outcome, outcomeOf, setLayered } from '../../bench/outcome.js';
import { type Layered, Star } from '../../bench/star.js';
import { hopfield } from '../../lib/index.js';
import { floats } from '../support.js';

const batch = 6;
const small: readonly Case[] = [
  { name: 'one hidden layer', sizes: [13, 8, 5], free: 12, nudged: 4, rates: [0.2, 0.1] },
  { name: 'two hidden layers', sizes: [13, 8, 7, 5], free: 20, nudged: 6, rates: [0.4, 0.2, 0.05] },
];

/** A training step about the hub, as the rivals take it with the products of a library. */
function starStep(benchCase: Case, before: Layered, inputs: Float32Array, targets: Float32Array): Outcome {
  const star = new Star(benchCase);
  const { input, join, rimBias, hubBias } = star.pack(before);
  const pull = star.pull(targets, batch);
  const rows = (width: number, at: (e: number, j: number) => number) =>
    Float64Array.from({ length: batch * width }, (_, i) => at(Math.floor(i / width), i % width));
  const sumOf = (count: number, term: (i: number) => number) => {
    let total = 0;
    for (let i = 0; i < count; i++) total += term(i);
    return total;
  };
  const driven = (e: number, j: number) =>
    j < star.hidden ? sumOf(star.inputs, (i) => inputs[e * star.inputs + i] * input[i * star.hidden + j]) : 0;
  const rimBase = rows(star.rim, (e, j) => STEP_SIZE * (rimBias[j] + driven(e, j)));
  const hubBase = rows(star.hub, (_, j) => STEP_SIZE * hubBias[j]);
  let [rim, hub] = [rows(star.rim, () => 0), rows(star.hub, () => 0)];
  const settle = (iterations: number, isNudged: boolean) => {
    const clip = (state: number) => Math.max(0, Math.min(1, state));
    const pulled = (isHere: boolean, i: number) => (isNudged && isHere ? pull[i] : 0);
    const keeps = (nudged: number) => (isNudged ? nudged : 1 - STEP_SIZE);
    for (let t = 0; t < iterations; t++) {
      const nextRim = rows(star.rim, (e, i) => {
        const drive = sumOf(star.hub, (j) => STEP_SIZE * join[i * star.hub + j] * hub[e * star.hub + j]);
        const at = e * star.rim + i;
        return clip(keeps(star.rimKeeps[i]) * rim[at] + rimBase[at] + pulled(!star.isOutputHub, at) + drive);
      });
      const nextHub = rows(star.hub, (e, j) => {
        const drive = sumOf(star.rim, (i) => STEP_SIZE * join[i * star.hub + j] * rim[e * star.rim + i]);
        const at = e * star.hub + j;
        return clip(keeps(star.hubKeeps[j]) * hub[at] + hubBase[at] + pulled(star.isOutputHub, at) + drive);
      });
      [rim, hub] = [nextRim, nextHub];
    }
  };
  settle(benchCase.free, false);
  const [freeRim, freeHub] = [rim, hub];
  settle(benchCase.nudged, true);
  const mean = (term: (e: number) => number) => sumOf(batch, term) / batch;
  const moved = (state: Float64Array, from: Float64Array, i: number) => state[i] - from[i];
  const packed = {
    input: input.map((w, at) => {
      const [i, j] = [Math.floor(at / star.hidden), at % star.hidden];
      const change = mean((e) => inputs[e * star.inputs + i] * moved(rim, freeRim, e * star.rim + j));
      return w + star.inputRate * change;
    }),
    join: join.map((w, at) => {
      const [i, j] = [Math.floor(at / star.hub), at % star.hub];
      const product = (r: Float64Array, h: Float64Array) => mean((e) => r[e * star.rim + i] * h[e * star.hub + j]);
      return w + star.joinRates[i] * (product(rim, hub) - product(freeRim, freeHub));
    }),
    rimBias: rimBias.map((b, i) => b + star.rimRates[i] * mean((e) => moved(rim, freeRim, e * star.rim + i))),
    hubBias: hubBias.map((b, j) => b + star.hubRate * mean((e) => moved(hub, freeHub, e * star.hub + j))),
  };
  const states = star.layers(Float32Array.from(freeRim), Float32Array.from(freeHub), batch);
  return { states, ...star.unpack(packed) };
}

function loopsStep(benchCase: Case, before: Layered, inputs: Float32Array, targets: Float32Array): Outcome {
  const loops = new HandWrittenLoops(benchCase);
  loops.load(before);
  const states = loops.step(Float64Array.from(inputs), Float64Array.from(targets), batch);
  return { states, ...loops.parameters() };
}

describe('what the rivals of the benchmark compute', () => {
  for (const benchCase of small) {
    const { sizes } = benchCase;
    const inputs = floats(batch * sizes[0], 1).map((x) => (x < 0.5 ? 0 : x));
    const targets = floats(batch * 5, 2);
    const before: Layered = {
      weights: sizes.slice(1).map((n, k) => floats(n * sizes[k], 3 + k, -0.4, 0.5)),
      biases: sizes.slice(1).map((n, k) => floats(n, 7 + k, -0.2, 0.2)),
    };
    const reference = async () => {
      const model = hopfield(sizes, { engine: 'javascript' });
      setLayered(model, before);
      return outcomeOf(model, benchCase, inputs, targets);
    };

    it(`is a step of the model, by hand-written loops: ${benchCase.name}`, async () => {
      const found = differences(loopsStep(benchCase, before, inputs, targets), await reference(), before);
      expect(found.states).to.be.below(1e-6);
      expect(found.updates).to.be.below(1e-3);
      expect(found.cosine).to.be.within(0.999999, 1 + 1e-9);
    });

    it(`is a step of the model, about the hub: ${benchCase.name}`, async () => {
      const found = differences(starStep(benchCase, before, inputs, targets), await reference(), before);
      expect(found.states).to.be.below(1e-6);
      expect(found.updates).to.be.below(1e-3);
      expect(found.cosine).to.be.within(0.999999, 1 + 1e-9);
    });

    it(`packs parameters about the hub and back: ${benchCase.name}`, () => {
      const star = new Star(benchCase);
      expect(star.unpack(star.pack(before))).to.deep.equal(before);
    });
  }

  it('tells a difference, and what is no number from a number', async () => {
    const [benchCase] = small;
    const model = hopfield(benchCase.sizes, { engine: 'javascript', seed: 3 });
    const before = layeredOf(model);
    const outcome = await outcomeOf(model, benchCase, floats(batch * 13, 1), floats(batch * 5, 2));
    const other = { ...outcome, states: outcome.states.map((s) => s.map((x, i) => (i === 3 ? x + 0.25 : x))) };
    expect(differences(other, outcome, before).states).to.be.closeTo(0.25, 1e-6);
    expect(differences({ ...outcome, ...before }, outcome, before).updates).to.equal(1);
    const turned = {
      ...outcome,
      weights: outcome.weights.map((w, k) => before.weights[k].map((x, i) => 2 * x - w[i])),
    };
    expect(differences(turned, outcome, before).cosine).to.be.below(0);
    const broken = { ...outcome, states: outcome.states.map((s) => s.map(() => Number.NaN)) };
    expect(differences(broken, outcome, before).states).to.equal(Infinity);
  });

  it('asks for one or two hidden layers', () => {
    expect(() => new Star({ ...small[0], sizes: [3, 2] })).to.throw(RangeError, '3-2');
  });
});
