import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json, writeColumns } from './support.js';

describe('eqprop evaluate', () => {
  const at = temporaryFolder();
  // biome-ignore lint/suspicious/noExplicitAny: what train prints
  let trained: any;
  beforeEach(async () => {
    writeColumns(at('.'));
    trained = await json(['train', at('.'), '--epochs', '1', '--hidden', '8', '--run', at('run')]);
  });

  it("gives a run's last test error", async () => {
    const said = await json(['evaluate', at('run'), at('.')]);
    expect(said).to.include({ model: at('run'), engine: trained.engine, count: 20, error: trained.testError });
    expect(said).to.include.keys('dataset', 'isa', 'precision', 'threads', 'cost', 'energy', 'seconds');
  });

  it('takes the file of the model as well, with the same input scale', async () => {
    const { cost } = await json(['evaluate', at('run'), at('.')]);
    expect((await json(['evaluate', at('run', 'model.safetensors'), at('.')])).cost).to.equal(cost);
    copyFileSync(at('run', 'model.safetensors'), at('alone.safetensors'));
    expect((await json(['evaluate', at('alone.safetensors'), at('.')])).cost).not.to.equal(cost);
  });

  it('prints percents to people', async () => {
    const { code, stdout, stderr } = await eqprop(['evaluate', at('run'), at('.'), '--engine', 'javascript']);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.match(
      /^test error \d+\.\d\d %, cost .*, energy .* \(20 examples in .* s, javascript engine\)\n$/,
    );
  });

  it('exits with 1 for a model that is missing or none, and for data that do not fit it', async () => {
    expect(await expectFailure(1, ['evaluate', at('nowhere'), at('.')])).to.include(`cannot read '${at('nowhere')}'`);
    const data = at('t10k-images-idx3-ubyte');
    expect(await expectFailure(1, ['evaluate', data, at('.')])).to.include(
      `cannot use '${data}' as a safetensors file`,
    );
    mkdirSync(at('wide'));
    writeColumns(at('wide'), 5);
    const sentence = await expectFailure(1, ['evaluate', at('run'), at('wide')]);
    expect(sentence).to.include('must have inputs of 16 numbers').and.to.include('25');
  });

  it("exits with 1 for a run's settings that are damaged, and leaves another program's alone", async () => {
    const settings = at('run', 'settings.json');
    writeFileSync(settings, '{');
    expect(await expectFailure(1, ['evaluate', at('run'), at('.')]))
      .to.include(settings)
      .and.to.include('not JSON');
    writeFileSync(settings, '{ "format": "eqprop-run-1", "scale": "large" }');
    expect(await expectFailure(1, ['evaluate', at('run'), at('.')])).to.include('instead of a number above 0');
    writeFileSync(settings, '{ "theme": "dark" }');
    expect(await json(['evaluate', at('run'), at('.')])).to.include({ count: 20 });
  });

  it('exits with 2 for wrong usage', async () => {
    expect(await expectFailure(2, ['evaluate', at('run')])).to.include("missing required argument 'data'");
    expect(await expectFailure(2, ['evaluate', at('run'), 'minst'])).to.include("there is no data set 'minst'");
    expect(await expectFailure(2, ['evaluate', at('run'), at('.'), '--engine', 'gpu'])).to.include('--engine');
  });
});
