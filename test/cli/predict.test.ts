import { expect } from 'chai';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json, writeColumns } from './support.js';

describe('eqprop predict', () => {
  const at = temporaryFolder();
  const expected = Array.from({ length: 20 }, (_, i) => (i * 7) % 3);
  beforeEach(async () => {
    writeColumns(at('.'));
    await json(['train', at('.'), '--epochs', '30', '--hidden', '20', '--run', at('run')]);
  });

  it('prints a class for each test example, one a line', async () => {
    const ended = await eqprop(['predict', at('run'), at('.')]);
    expect(ended).to.deep.equal({ code: 0, stdout: `${expected.join('\n')}\n`, stderr: '' });
  });

  it('prints them as JSON', async () => {
    expect(await json(['predict', at('run'), at('.')])).to.deep.equal({ count: 20, labels: expected });
  });

  it('exits with 1 for a model that is missing, with 2 for wrong usage', async () => {
    expect(await expectFailure(1, ['predict', at('nowhere'), at('.')])).to.include(at('nowhere'));
    expect(await expectFailure(2, ['predict', at('run'), 'minst'])).to.include("there is no data set 'minst'");
  });
});
