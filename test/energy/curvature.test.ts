import { expect } from 'chai';
import { curvatureOf, responseOf } from '../../lib/energy/curvature.js';
import {
  bias,
  colouring,
  conjugateLeak,
  dense,
  type Layer,
  lateral,
  layer,
  leak,
  memory,
  potential,
  resistive,
  sum,
} from '../../lib/index.js';

const x = layer([2], { name: 'x', clamped: true });
const h = layer([2], { name: 'h' });
const y = layer([2], { name: 'y' });

describe('curvatureOf', () => {
  it('adds up what is constant', () => {
    const energy = sum(
      leak(h, { strength: 2 }),
      potential(h, [0, 1, 0.25]),
      bias(h),
      dense(x, h),
      dense(h, y),
      leak(y),
    );
    expect(curvatureOf(energy, h)).to.equal(2.5);
    expect(curvatureOf(energy, y)).to.equal(1);
  });

  it('takes conductances, which are parameters, and memories, which are concave, as 0', () => {
    expect(curvatureOf(sum(resistive(x, h)), h)).to.equal(0);
    expect(curvatureOf(sum(leak(h), memory(h, 3), lateral(h)), h)).to.equal(1);
  });

  it('is undefined where an interaction does not say', () => {
    expect(curvatureOf(sum(leak(h), potential(h, [0, 0, 0, 1])), h)).to.equal(undefined);
    expect(curvatureOf(sum(conjugateLeak(h, 'sigmoid')), h)).to.equal(undefined);
  });
});

describe('responseOf', () => {
  it('is the interaction that responds, where all others are linear', () => {
    const soft = conjugateLeak(h, 'sigmoid');
    expect(responseOf(sum(soft, bias(h), dense(x, h), dense(h, y), leak(y)), h)).to.equal(soft);
    expect(responseOf(sum(soft, dense(h, y), leak(y)), y)).to.equal(undefined);
    expect(responseOf(sum(soft, leak(h)), h)).to.equal(undefined);
    expect(responseOf(sum(soft, lateral(h)), h)).to.equal(undefined);
    expect(responseOf(sum(soft, conjugateLeak(h, 'sigmoid')), h)).to.equal(undefined);
  });
});

describe('colouring', () => {
  const names = (groups: Layer[][]) => groups.map((group) => group.map(({ name }) => name));
  const energy = sum(dense(x, h), dense(h, y), lateral(h));

  it('takes a layer with lateral connections as one node', () => {
    expect(names(colouring(energy))).to.deep.equal([['h'], ['y']]);
  });

  it('colours the layers that are not clamped, those that were declared so or those that are given', () => {
    expect(names(colouring(energy, new Set([y])))).to.deep.equal([['h'], ['x']]);
    expect(names(colouring(energy, new Set([x, h])))).to.deep.equal([['y']]);
    expect(names(colouring(energy, new Set()))).to.deep.equal([['x', 'y'], ['h']]);
    expect(names(colouring(energy, new Set([x, h, y])))).to.deep.equal([]);
  });
});
