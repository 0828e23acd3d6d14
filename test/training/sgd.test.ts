import { expect } from 'chai';
import { dense, hopfield, layer, sgd, squaredError, sum } from '../../lib/index.js';
import { type Decay, ratesOf } from '../../lib/training/sgd.js';
import { expectThrows } from '../support.js';

const problem = hopfield([4, 3, 2], { engine: 'javascript' });
const rates = (learningRate: never, decay: Decay = 1, epoch = 1, epochs = 10) =>
  ratesOf(problem, sgd({ learningRate, decay }), epoch, epochs);

describe('sgd', () => {
  it('has a rate for all, for each layer or for each parameter', () => {
    // bias1, bias2, dense1, dense2
    expect(rates(0.1 as never)).to.deep.equal([0.1, 0.1, 0.1, 0.1]);
    expect(rates([0.1, 0.05] as never)).to.deep.equal([0.1, 0.05, 0.1, 0.05]);
    const named = { 'bias1.bias': 1, 'bias2.bias': 2, 'dense1.weight': 3, 'dense2.weight': 4 };
    expect(rates(named as never)).to.deep.equal([1, 2, 3, 4]);
  });

  it('gives weights to the layer that they lead to', () => {
    const x = layer([2], { clamped: true });
    const [h, y] = [layer([2]), layer([2])];
    const skipping = sum(dense(x, h), dense(h, y), dense(x, y), dense(h, x));
    expect(ratesOf({ energy: skipping, cost: squaredError(y) }, sgd({ learningRate: [1, 2] }), 1, 1)).to.deep.equal([
      1, 2, 2, 1,
    ]);
  });

  it('decays by the epoch', () => {
    expect(rates(0.4 as never, 0.5, 1)[0]).to.equal(0.4);
    expect(rates(0.4 as never, 0.5, 3)[0]).to.equal(0.1);
  });

  it('falls along half a cosine', () => {
    expect(rates(0.4 as never, 'cosine', 1)[0]).to.equal(0.4);
    expect(rates(0.4 as never, 'cosine', 6)[0]).to.be.closeTo(0.2, 1e-12);
    expect(rates(0.4 as never, 'cosine', 10)[0]).to.be.closeTo(0.2 * (1 + Math.cos(0.9 * Math.PI)), 1e-12);
    expect(rates(0.4 as never, 'cosine', 1, 1)[0]).to.equal(0.4);
  });

  it('refuses rates that do not fit', () => {
    expectThrows(() => rates(-1 as never), 'ERR_ARGUMENT', 'sgd learningRate', '-1');
    expectThrows(() => rates(Number.NaN as never), 'ERR_ARGUMENT', 'sgd learningRate', 'NaN');
    expectThrows(() => rates([0.1, Infinity] as never), 'ERR_ARGUMENT', 'learningRate[1]', 'Infinity');
    expectThrows(() => rates([0.1] as never), 'ERR_SHAPE', '2 free layers', '1');
    expectThrows(() => rates({ 'dense1.weight': 1 } as never), 'ERR_NAME', 'bias1.bias', 'missing');
    expectThrows(() => rates({ nothing: 1 } as never), 'ERR_NAME', "'nothing'");
    expectThrows(() => sgd({ learningRate: 0.1, decay: 0 }), 'ERR_ARGUMENT', 'sgd decay', "or 'cosine'", '0');
    expectThrows(() => sgd({ learningRate: 0.1, decay: 'linear' as never }), 'ERR_ARGUMENT', "'linear'");
    expectThrows(() => sgd({ learningRate: 0.1, weightDecay: 0.9 } as never), 'ERR_NAME', "'weightDecay'");
    expectThrows(() => sgd({} as never), 'ERR_ARGUMENT', 'sgd learningRate', 'undefined');
  });

  it('refuses a momentum that is none', () => {
    const momentum = (value: unknown, nesterov?: unknown) =>
      sgd({ learningRate: 0.1, momentum: value, ...(nesterov !== undefined && { nesterov }) } as never);
    expectThrows(() => momentum(1), 'ERR_ARGUMENT', 'sgd momentum', 'below 1', '1');
    expectThrows(() => momentum(-0.5), 'ERR_ARGUMENT', 'sgd momentum', '-0.5');
    expectThrows(() => momentum(Number.NaN), 'ERR_ARGUMENT', 'sgd momentum', 'NaN');
    expectThrows(() => momentum('0.9'), 'ERR_ARGUMENT', 'sgd momentum', "'0.9'");
    expectThrows(() => momentum(0.9, 'yes'), 'ERR_ARGUMENT', 'sgd nesterov', "'yes'");
    expectThrows(() => momentum(0, true), 'ERR_ARGUMENT', 'sgd nesterov', 'momentum', '0');
  });
});
