import { expect } from 'chai';
import { dataset, euler, type HopfieldOptions, hopfield, sgd, vectorField } from '../lib/index.js';
import { expectThrows, floats } from './support.js';

const make = (sizes: readonly number[], options: HopfieldOptions = {}) =>
  hopfield(sizes, { engine: 'javascript', ...options });
const shapesOf = (model: ReturnType<typeof hopfield>) =>
  Object.fromEntries([...model.parameters].map(([name, { shape }]) => [name, [...shape]]));

describe('hopfield', () => {
  it('joins neighbours, with a leak and biases for each free layer', () => {
    const model = make([4, 3, 2]);
    expect([...model.energy.layers.keys()]).to.have.members(['input', 'hidden1', 'output']);
    expect(shapesOf(model)).to.deep.equal({
      ...{ 'bias1.bias': [3], 'bias2.bias': [2], 'dense1.weight': [4, 3], 'dense2.weight': [3, 2] },
    });
    expect(model.cost.kind).to.equal('squaredError');
    expect(model.output.activation).to.equal('hardSigmoid');
  });

  it('has the output that it is told, or that the cost wants', () => {
    const outputOf = (options: HopfieldOptions) => make([4, 3, 2], options).output;
    expect(outputOf({ activation: 'tanh' }).activation).to.equal('tanh');
    expect(outputOf({ activation: 'tanh', output: { activation: 'linear' } }).activation).to.equal('linear');
    expect(outputOf({ output: { range: [-1, 2] } })).to.deep.include({ activation: 'hardSigmoid', range: [-1, 2] });
    expect(outputOf({ cost: 'crossEntropy' })).to.deep.include({ activation: 'linear', range: [-Infinity, Infinity] });
    expect(outputOf({ cost: 'crossEntropy', output: { activation: 'tanh' } }).activation).to.equal('tanh');
    expect(make([4, 2], { cost: 'crossEntropy' }).cost.kind).to.equal('crossEntropy');
  });

  it('reads the last hidden layer out by a softmax', () => {
    const model = make([4, 5, 3, 2], { cost: 'crossEntropyReadOut', gain: 0.5 });
    expect([...model.energy.layers.keys()]).to.have.members(['input', 'hidden1', 'hidden2']);
    expect(model.energy.nameOf(model.output)).to.equal('hidden2');
    expect(shapesOf(model)).to.deep.equal({
      ...{ 'bias1.bias': [5], 'bias2.bias': [3], 'dense1.weight': [4, 5], 'dense2.weight': [5, 3] },
      ...{ 'crossEntropyReadOut.weight': [3, 2], 'crossEntropyReadOut.bias': [2] },
    });
    const weights = model.parameters.get('crossEntropyReadOut.weight')?.data ?? [];
    expect(Math.max(...weights.map(Math.abs))).to.be.within(0, 0.5 / Math.sqrt(3));
  });

  it('joins free layers by untied weights, and the input as ever', async () => {
    const model = make([4, 5, 3, 2], { untied: true, gain: 0.7, seed: 1 });
    expect(shapesOf(model)).to.deep.equal({
      ...{ 'bias1.bias': [5], 'bias2.bias': [3], 'bias3.bias': [2], 'dense1.weight': [4, 5] },
      ...{ 'untied1.forward': [5, 3], 'untied1.backward': [3, 5] },
      ...{ 'untied2.forward': [3, 2], 'untied2.backward': [2, 3] },
    });
    const data = dataset({
      inputs: floats(8 * 4, 1),
      shape: [4],
      labels: Uint8Array.from([0, 1, 0, 1, 0, 1, 0, 1]),
      classes: 2,
    });
    const dynamics = euler({ iterations: 10 });
    const history = await model.fit(data, {
      epochs: 1,
      estimator: vectorField({ beta: 0.5, free: dynamics, nudged: dynamics }),
      optimizer: sgd({ learningRate: [0.1, 0.1, 0.1] }), // untied weights learn at the rate of the layer that they lead to
    });
    expect(history[0].cost).to.be.above(0);
  });

  it('refuses sizes and options that are wrong', () => {
    expectThrows(
      () => make([4]),
      'ERR_ARGUMENT',
      'hopfield sizes must name an input, an output',
      'an array of length 1',
    );
    expectThrows(() => make([4, 0]), 'ERR_ARGUMENT', 'hopfield sizes[1] must be a whole number of at least 1');
    expectThrows(() => make(4 as never), 'ERR_ARGUMENT', 'hopfield sizes must be an array');
    expectThrows(
      () => make([4, 2], { cost: 'crossEntropyReadOut' }),
      'ERR_ARGUMENT',
      'one or more hidden layers and the classes',
    );
    expectThrows(() => make([4, 2], { cost: 'hinge' as never }), 'ERR_NAME', 'hopfield cost must be one of', "'hinge'");
    expectThrows(() => make([4, 2], { untied: 1 as never }), 'ERR_ARGUMENT', 'hopfield untied must be true or false');
    expectThrows(() => make([4, 2], { gain: -1 }), 'ERR_ARGUMENT', 'gain must be a finite number of at least 0');
    expectThrows(() => make([4, 2], { output: 1 as never }), 'ERR_ARGUMENT', 'hopfield output must be an object');
    expectThrows(() => make([4, 2], { width: 3 } as never), 'ERR_NAME', "hopfield options has no option 'width'");
    expectThrows(
      () => make([4, 3, 2], { cost: 'crossEntropyReadOut', output: {} }),
      'ERR_ARGUMENT',
      'hopfield output must be left out with the cost crossEntropyReadOut',
    );
  });
});
