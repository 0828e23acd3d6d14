import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { hopfield } from '../../lib/index.js';
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
});
