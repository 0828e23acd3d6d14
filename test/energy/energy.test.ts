import { expect } from 'chai';
import { bias, dense, type Interaction, layer, leak, type ParameterSpec, sum } from '../../lib/index.js';
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

  it('refuses parameters that are none', () => {
    const spec: ParameterSpec = { name: 'w', shape: [2], initialise: () => {} };
    const having = (...parameters: unknown[]) =>
      sum(leak(y), {
        kind: 'own',
        layers: [y],
        reads: 'state',
        parameters: parameters as never,
        energy() {},
        stateGradient() {},
        parameterGradient() {},
      });
    expect([...having(spec, { ...spec, name: 'v', least: 0 }).parameters.keys()]).to.deep.equal(['own1.w', 'own1.v']);
    const at = 'interaction 2 parameters[0]';
    expectThrows(() => having(null), 'ERR_ARGUMENT', at, 'null');
    expectThrows(() => having({ ...spec, name: 1 }), 'ERR_ARGUMENT', `${at} name`, '1');
    expectThrows(() => having({ ...spec, shape: [0] }), 'ERR_ARGUMENT', `${at} shape[0]`, '0');
    expectThrows(() => having({ name: 'w', initialise() {} }), 'ERR_ARGUMENT', `${at} shape`, 'undefined');
    expectThrows(() => having({ ...spec, least: Number.NaN }), 'ERR_ARGUMENT', `${at} least`, 'NaN');
    expectThrows(() => having({ name: 'w', shape: [2] }), 'ERR_ARGUMENT', `${at} initialise`, 'undefined');
    expectThrows(() => having(spec, { ...spec }), 'ERR_NAME', 'two parameters of interaction 2', "'w'");
    expectThrows(() => having(spec, spec), 'ERR_NAME', 'two parameters of interaction 2', "'w'");
    const clash = bias(y, { name: 'a.b' });
    const own = { ...leak(y), name: 'a', parameters: [{ ...spec, name: 'b.bias' }], energy() {} };
    const parts = [clash, { ...own, stateGradient() {}, parameterGradient() {} }];
    expectThrows(() => sum(...parts), 'ERR_NAME', 'two parameters of an energy', "'a.b.bias'");
  });
});
