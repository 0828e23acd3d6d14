import { expect } from 'chai';
import { buildProblem, describeProblem } from '../../lib/energy/describe.js';
import { bias, dense, hopfield, type Interaction, layer, leak, sum } from '../../lib/index.js';
import { expectThrows } from '../support.js';

describe('layer', () => {
  it('takes ρ and range from its options, and defaults that fit', () => {
    const clamped = layer([28, 28], { clamped: true });
    expect(clamped).to.include({ size: 784, activation: 'linear', clamped: true });
    expect(layer([3])).to.deep.include({ size: 3, activation: 'hardSigmoid', range: [0, 1], clamped: false });
    expect(layer([3], { activation: 'tanh' }).range).to.deep.equal([-Infinity, Infinity]);
    expect(layer([3], { range: [-1, 2] }).range).to.deep.equal([-1, 2]);
  });

  it('refuses what is no layer', () => {
    expectThrows(() => layer([]), 'ERR_ARGUMENT', 'layer shape', 'array of length 0');
    expectThrows(() => layer([0]), 'ERR_ARGUMENT', 'layer shape[0]', '0');
    expectThrows(() => layer([2.5]), 'ERR_ARGUMENT', 'layer shape[0]', '2.5');
    expectThrows(() => layer([2], { activation: 'relu' as never }), 'ERR_NAME', 'layer activation', "'relu'", 'tanh');
    expectThrows(() => layer([2], { range: [1, 0] }), 'ERR_ARGUMENT', 'layer range', '[1, 0]');
    expectThrows(() => layer([2], { range: [Number.NaN, 0] }), 'ERR_ARGUMENT', 'layer range', 'NaN');
    expectThrows(() => layer([2], { colour: 1 } as never), 'ERR_NAME', 'layer options', "'colour'", 'clamped');
  });
});

describe('sum', () => {
  const x = layer([4], { name: 'x', clamped: true });
  const y = layer([2]);

  it('names layers, interactions and parameters', () => {
    const energy = sum(leak(y), bias(y, { name: 'offset' }), dense(x, y));
    expect([...energy.layers.keys()]).to.deep.equal(['layer1', 'x']);
    expect([...energy.interactions.keys()]).to.deep.equal(['leak1', 'offset', 'dense1']);
    expect([...energy.parameters.keys()]).to.deep.equal(['offset.bias', 'dense1.weight']);
    expect(energy.parameters.get('dense1.weight')?.spec.shape).to.deep.equal([4, 2]);
    expect(energy.nameOf(y)).to.equal('layer1');
  });

  it('gives no default name that somebody has chosen', () => {
    const energy = sum(dense(x, y, { name: 'dense1' }), dense(x, layer([3])));
    expect([...energy.interactions.keys()]).to.deep.equal(['dense1', 'dense2']);
  });

  it('refuses two of one name and what is no interaction', () => {
    expectThrows(() => sum(leak(y, { name: 'a' }), bias(y, { name: 'a' })), 'ERR_NAME', 'interactions', "'a'");
    expectThrows(() => sum(leak(layer([1], { name: 'x' })), dense(x, y)), 'ERR_NAME', 'layers', "'x'");
    const twice = bias(y);
    expectThrows(() => sum(twice, leak(y), twice), 'ERR_ARGUMENT', 'interaction 3', 'twice');
    expectThrows(() => sum(), 'ERR_ARGUMENT', 'one or more interactions');
    expectThrows(() => sum({} as Interaction), 'ERR_ARGUMENT', 'interaction 1', 'stateGradient');
    expectThrows(() => sum(null as never), 'ERR_ARGUMENT', 'interaction 1', 'null');
    expectThrows(() => sum(leak(y), { ...leak(y), layers: [] } as never), 'ERR_ARGUMENT', 'interaction 2');
    expectThrows(() => dense(y, y), 'ERR_ARGUMENT', 'two different layers');
    expectThrows(() => dense(x, 3 as never), 'ERR_ARGUMENT', 'dense post', '3');
    expectThrows(() => leak(y, { strength: 0 }), 'ERR_ARGUMENT', 'leak strength', '0');
    expectThrows(() => dense(x, y, { gain: -1 }), 'ERR_ARGUMENT', 'dense gain', '-1');
    expectThrows(() => sum(leak(y)).nameOf(x), 'ERR_NAME', 'touches this layer');
  });
});

describe('describeProblem', () => {
  it('tells all that buildProblem needs to make the same problem', () => {
    const model = hopfield([5, 4, 3], { engine: 'javascript', activation: 'tanh', gain: 0.5 });
    const description = JSON.parse(JSON.stringify(describeProblem(model)));
    const again = describeProblem(buildProblem('here', description));
    expect(JSON.parse(JSON.stringify(again))).to.deep.equal(description);
  });

  it('refuses a description that no model has written, naming its source', () => {
    const model = hopfield([5, 4, 3], { engine: 'javascript' });
    const good = JSON.parse(JSON.stringify(describeProblem(model)));
    for (const bad of [
      null,
      {},
      { ...good, layers: [{}] },
      { ...good, output: 'nowhere' },
      { ...good, interactions: [{ name: 'a', kind: 'magic', layers: [] }] },
      { ...good, cost: { kind: 'magic', layer: 'output' } },
    ]) {
      expectThrows(() => buildProblem('m.safetensors', bad as never), 'ERR_DATA', 'm.safetensors');
    }
  });
});
