import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { dense, euler, hopfield, layer, leak, squaredError, sum } from '../../lib/index.js';
import { writeModelFile } from '../../lib/model/file.js';
import { expectRejects } from '../support.js';

describe('writeModelFile', () => {
  it('refuses parameters that could not be loaded again, before it touches the file', async () => {
    const model = hopfield([2, 1], { engine: 'javascript' });
    const parameters = new Map(model.parameters);
    parameters.set('bias1.bias', { shape: [1], data: Float64Array.of(Number.NaN) });
    const saving = writeModelFile('never.safetensors', model, model, parameters);
    await expectRejects(saving, 'ERR_ARGUMENT', 'save bias1.bias', 'NaN');
    expect(existsSync('never.safetensors')).to.equal(false);
  });

  it('refuses a form that could not be loaded again, as it is too large', async () => {
    const [x, y] = [layer([1], { name: 'x', clamped: true }), layer([1], { name: 'y' })];
    const problemOf = (leaks: number) => ({
      energy: sum(dense(x, y), ...Array.from({ length: leaks }, () => leak(y))),
      cost: squaredError(y),
      input: x,
      output: y,
    });
    const phase = { dynamics: euler({ iterations: 1 }), start: 'zero' } as const;
    for (const leaks of [5_000, 50_000]) {
      const saving = writeModelFile('never.safetensors', problemOf(leaks), phase, new Map());
      await expectRejects(saving, 'ERR_ARGUMENT', 'a model can be saved if', 'loaded again');
    }
    expect(existsSync('never.safetensors')).to.equal(false);
  });
});
