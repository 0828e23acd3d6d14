import { expect } from 'chai';
import { buildProblem, type Description, describeProblem } from '../../lib/energy/describe.js';
import { type Problem, parametersOf } from '../../lib/energy/problem.js';
import { isShipped, isShippedCost } from '../../lib/energy/shipped.js';
import {
  bias,
  type Cost,
  conjugateLeak,
  crossEntropy,
  crossEntropyReadOut,
  dense,
  type Interaction,
  lateral,
  layer,
  leak,
  memory,
  potential,
  resistive,
  squaredError,
  sum,
  untied,
  withDecay,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import { expectThrows } from '../support.js';

const x = layer([3], { name: 'x', clamped: true });
const h = layer([2, 2], { activation: 'tanh' });
const y = layer([4], { name: 'y', activation: 'linear', range: [0, 1] });
const owner = dense(x, h, { gain: 0.5 });

const interactions: Interaction[] = [
  leak(h, { strength: 2.5 }),
  leak(x),
  conjugateLeak(y, 'sigmoid', { name: 'soft' }),
  potential(h, [0, 0, -1, 0, 1]),
  bias(h),
  lateral(h, { gain: 0.1 }),
  lateral(y),
  memory(h, 5, { sharpness: 3, gain: 1 }),
  memory(y, 2),
  owner,
  dense(x, y, { share: owner, name: 'tied' }),
  dense(h, y),
  untied(h, y, { gain: 2 }),
  resistive(x, h, { conductance: 0.3 }),
];
const energy = sum(...interactions);

const costs: Record<string, Cost> = {
  squaredError: squaredError(y),
  'squaredError with weights': squaredError(y, { weights: [1, 0, 0.5, 2] }),
  crossEntropy: crossEntropy(y),
  crossEntropyReadOut: crossEntropyReadOut(y, 7, { name: 'top', gain: 0.25 }),
  'crossEntropyReadOut with decay': withDecay(crossEntropyReadOut(y, 7), {
    'crossEntropyReadOut.weight': 1e-3,
    'dense1.weight': 1e-4,
  }),
};

const json = (description: Description) => JSON.parse(JSON.stringify(description));

/** The initial values of all parameters: equal only if the parameters are drawn alike. */
function initial(problem: Problem): Record<string, number[]> {
  const random = new Random(1);
  const values: Record<string, number[]> = {};
  for (const [name, { shape, initialise }] of parametersOf(problem)) {
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    initialise(data, random);
    values[name] = [...data];
  }
  return values;
}

describe('describeProblem', () => {
  for (const [name, cost] of Object.entries(costs)) {
    it(`tells all that buildProblem needs to make the same problem: every interaction, ${name}`, () => {
      const problem = { energy, cost, input: x, output: y };
      const description = json(describeProblem(problem));
      const built = buildProblem('here', description);
      expect(json(describeProblem(built))).to.deep.equal(description);
      expect(initial(built)).to.deep.equal(initial(problem));
      expect([...built.energy.interactions.values()].every(isShipped)).to.equal(true);
      expect(isShippedCost(built.cost)).to.equal(true);
      expect([built.cost.kind, built.cost.name, built.cost.decay]).to.deep.equal([cost.kind, cost.name, cost.decay]);
      expect(built.cost.curvature).to.deep.equal(cost.curvature);
      expect(built.output).to.equal(built.cost.layer);
      expect(built.energy.interactions.get('tied')?.parameters).to.equal(
        built.energy.interactions.get('dense1')?.parameters,
      );
    });
  }

  it('calls the first that has a shared parameter its owner, whoever made it', () => {
    const outside = dense(x, h, { gain: 3 });
    const shares = sum(dense(x, h, { share: outside }), dense(x, y, { share: outside }));
    const { interactions: told } = describeProblem({ energy: shares, cost: costs.squaredError, input: x, output: y });
    expect(told.map(({ gain, share }) => [gain, share])).to.deep.equal([
      [3, undefined],
      [undefined, 'dense1'],
    ]);
  });

  it('still reads what earlier versions wrote', () => {
    const old = {
      layers: [
        { name: 'output', shape: [2], clamped: false, activation: 'hardSigmoid', range: [0, 1] },
        { name: 'input', shape: [3], clamped: true, activation: 'linear', range: ['-Infinity', 'Infinity'] },
      ],
      interactions: [
        { name: 'leak1', layers: ['output'], kind: 'leak', strength: 1 },
        { name: 'bias1', layers: ['output'], kind: 'bias' },
        { name: 'dense1', layers: ['input', 'output'], kind: 'dense', gain: 0.7 },
      ],
      cost: { kind: 'squaredError', layer: 'output' },
      input: 'input',
      output: 'output',
    };
    expect(json(describeProblem(buildProblem('old', old)))).to.deep.equal(old);
  });

  it("refuses a user's own parts, as a file cannot hold their code", () => {
    const cost = squaredError(y);
    const own: Interaction = { ...bias(y), energy() {}, stateGradient() {}, parameterGradient() {} };
    expect(isShipped(own)).to.equal(false);
    const theirs: Cost = { kind: 'squaredError', layer: y, value() {}, stateGradient() {} };
    expect([isShippedCost(theirs), isShippedCost(withDecay(theirs, {}))]).to.deep.equal([false, false]);
    expect(isShippedCost({ ...theirs, kind: 'constructor' })).to.equal(false);
    const problem = { energy: sum(dense(x, y), own), cost, input: x, output: y };
    expectThrows(() => describeProblem(problem), 'ERR_ARGUMENT', 'bias1', "kind 'bias'");
    expectThrows(() => describeProblem({ ...problem, energy, cost: theirs }), 'ERR_ARGUMENT', 'the cost');
  });
});

describe('buildProblem', () => {
  const good = json(describeProblem({ energy, cost: costs.crossEntropyReadOut, input: x, output: y }));
  const [one] = good.interactions;
  const withPart = (part: object) => ({ ...good, interactions: [{ ...one, ...part }, ...good.interactions.slice(1)] });
  const withCost = (cost: object) => ({ ...good, cost: { ...good.cost, ...cost } });
  const bad: Record<string, unknown> = {
    null: null,
    'a number': 1,
    'an empty object': {},
    'layers that are no list': { ...good, layers: 3 },
    'an empty layer': { ...good, layers: [{}] },
    'two layers of one name': { ...good, layers: [...good.layers, good.layers[0]] },
    'a layer without bounds': { ...good, layers: [{ ...good.layers[0], range: [] }] },
    'a layer of Object': { ...good, layers: [{ ...good.layers[0], activation: 'constructor' }] },
    'an unknown output': { ...good, output: 'nowhere' },
    'an output that is no name': { ...good, output: {} },
    'no interactions': { ...good, interactions: [] },
    'an interaction of null': { ...good, interactions: [null] },
    'an unknown kind': withPart({ kind: 'magic' }),
    'the kind of a method of Object': withPart({ kind: 'toString' }),
    'the kind __proto__': withPart({ kind: '__proto__' }),
    'a kind that is no name': withPart({ kind: ['leak'] }),
    'no name': withPart({ name: undefined }),
    'too few layers': withPart({ layers: [] }),
    'too many layers': withPart({ layers: ['y', 'y'] }),
    'layers in an object': withPart({ layers: { length: 1 } }),
    'an unknown layer': withPart({ layers: ['__proto__'] }),
    'an unknown option': withPart({ strengths: 1 }),
    'an option __proto__': JSON.parse(JSON.stringify(withPart({ trap: 1 })).replace('"trap"', '"__proto__"')),
    'an option out of its range': withPart({ strength: -1 }),
    'an option of another type': withPart({ strength: '1' }),
    'two interactions of one name': { ...good, interactions: [one, one] },
    'a share of nothing': withPart({ share: 'dense1' }),
    'a share of another kind': { ...good, interactions: [one, { ...one, name: 'two', share: one.name }] },
    'an unknown cost': withCost({ kind: 'magic' }),
    'no cost': { ...good, cost: undefined },
    'a cost of an unknown layer': withCost({ layer: 'nowhere' }),
    'a cost with an unknown option': withCost({ weights: [1] }),
    'crossEntropy with an option': { ...good, cost: { kind: 'crossEntropy', layer: 'y', weights: [1] } },
    'too few weights': { ...good, cost: { kind: 'squaredError', layer: 'y', weights: [1] } },
    'classes without end': withCost({ classes: 1e300 }),
    'a decay of nothing': withCost({ decay: { nothing: 1 } }),
    'a decay below 0': withCost({ decay: { 'top.weight': -1 } }),
    'a decay that is none': withCost({ decay: null }),
    'a name that the energy has': withCost({ name: 'dense1' }),
  };
  for (const [what, description] of Object.entries(bad)) {
    it(`refuses ${what}, naming its source`, () => {
      expectThrows(() => buildProblem('m.safetensors', description as never), 'ERR_DATA', 'm.safetensors');
    });
  }
});
