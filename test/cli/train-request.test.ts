import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { scaleOfRun } from '../../lib/cli/run-folder.js';
import { temporaryFolder } from '../files/support.js';
import { expectRejects, expectThrows } from '../support.js';
import { RUN_SETTINGS, requestOf } from './support.js';

describe('what train is asked for', () => {
  const at = temporaryFolder();
  const run = RUN_SETTINGS;
  const writeRun = (settings: string | Uint8Array | object) => {
    mkdirSync(at('run'), { recursive: true });
    writeFileSync(
      at('run', 'settings.json'),
      typeof settings === 'string' || settings instanceof Uint8Array ? settings : JSON.stringify(settings),
    );
  };
  const writeSettings = (text: string) => writeFileSync(at('ours.yaml'), text);
  const ofFile = (text: string, ...options: string[]) => {
    writeSettings(text);
    return requestOf(at('ours.yaml'), ...options);
  };
  const resume = (...options: string[]) => requestOf('--resume', '--run', at('run'), ...options);

  it('comes from the command line first, then from the settings file, then from the run', async () => {
    writeRun(run);
    writeSettings('epochs: 4\nbatch: 8\n');
    const { data, options, given, past } = await requestOf(
      at('ours.yaml'),
      '--resume',
      '--run',
      at('run'),
      '--batch',
      '9',
    );
    expect(data).to.equal('/somewhere/columns');
    expect(options).to.deep.include({ preset: 'paper-1', hidden: [6], epochs: 4, batch: 9, keepBest: true });
    expect(options).to.include({ decay: 'cosine', engine: 'native', isa: 'baseline', precision: 'float32' });
    expect(given)
      .to.deep.include({ hidden: [6], epochs: 4, batch: 9 })
      .and.to.not.have.any.keys('preset', 'run', 'resume');
    expect(past?.dataset).to.equal('columns');
  });

  it('is the engine of the run unless another is named', async () => {
    writeRun(run);
    expect((await resume('--engine', 'javascript')).options)
      .to.include({ engine: 'javascript' })
      .and.to.not.have.property('isa');
    writeRun({ ...run, engine: 'javascript', isa: 'none', precision: 'float64' });
    expect((await resume()).options)
      .to.include({ engine: 'javascript' })
      .and.to.not.have.property('isa');
  });

  it('is refused where options do not go together', async () => {
    writeRun(run);
    await expectRejects(requestOf(), 'ERR_ARGUMENT', "missing required argument 'data'");
    await expectRejects(requestOf('--resume'), 'ERR_ARGUMENT', '--resume must come with --run');
    await expectRejects(resume(at('others')), 'ERR_ARGUMENT', 'the data of the run, columns', 'others');
    writeRun({ ...run, dataset: 'mnist', data: 'mnist' });
    await expectRejects(resume('./mnist'), 'ERR_ARGUMENT', 'the data of the run, mnist', './mnist');
    expect((await resume('mnist')).data).to.equal('mnist');
    await expectRejects(requestOf('--resume', '--run', at('none')), 'ERR_FILE', `in '${at('none')}'`);
    for (const [option, value] of [
      ['--checkpoint-every', '0'],
      ['--patience', '1.5'],
      ['--time-limit', '-1'],
    ]) {
      expectThrows(() => void requestOf('mnist', option, value), 'ERR_ARGUMENT', option, value);
    }
  });

  it('is refused with settings in a file that are unknown or wrong', async () => {
    const cases: [string, string, string][] = [
      ['lr: 1', 'ERR_NAME', "'lr' is no setting; there are data, run, preset, hidden"],
      ['json: true', 'ERR_NAME', "'json' is no setting"],
      ['resume: true', 'ERR_NAME', "'resume' is no setting"],
      ['__proto__: {a: 1}', 'ERR_NAME', "'__proto__' is no setting"],
      ['constructor: 1', 'ERR_NAME', "'constructor' is no setting"],
      ['checkpoint-every: 1\ncheckpointEvery: 1', 'ERR_NAME', 'checkpointEvery is given twice'],
      ['epochs: true', 'ERR_ARGUMENT', 'epochs must be a number, a text or a list of them, but true was given'],
      ['epochs:', 'ERR_ARGUMENT', 'epochs must be a number, a text or a list of them, but null was given'],
      ['hidden: [5, [6]]', 'ERR_ARGUMENT', 'hidden must be a number, a text or a list of them'],
      ['hidden: [5, 0]', 'ERR_ARGUMENT', 'each number of hidden must be a whole number of at least 1, but 0 was given'],
      ['hidden: []', 'ERR_ARGUMENT', 'hidden must be a number, a text or a list of them, but an array of length 0'],
      ['keep-best: 1', 'ERR_ARGUMENT', 'keepBest must be true or false, but 1 was given'],
      ['beta: .nan', 'ERR_ARGUMENT', "beta must be a finite number above 0, but 'NaN' was given"],
      ['estimator: best', 'ERR_NAME', 'estimator must be one of positive, negative'],
      ['run: 3', 'ERR_ARGUMENT', 'run must be a text that is not empty, but 3 was given'],
    ];
    for (const [text, code, part] of cases) {
      await expectRejects(ofFile(`data: columns\n${text}`), code, `in '${at('ours.yaml')}', ${part}`);
    }
    await expectRejects(ofFile('data: 3'), 'ERR_ARGUMENT', 'data must be a text that is not empty, but 3 was given');
    await expectRejects(ofFile('epochs: 3'), 'ERR_ARGUMENT', "missing required argument 'data'");
    expect((await ofFile('data: columns\nkeep-best: false')).options).to.not.have.property('keepBest');
    expect({}).not.to.have.property('a');
  });

  it('scales as the run beside the model says, whose settings have no key twice', async () => {
    writeRun({ ...run, scale: 0.5 });
    expect(await scaleOfRun(at('run', 'model.safetensors'))).to.deep.equal({
      scale: 0.5,
      isOfAll: false,
      isGiven: false,
    });
    writeRun({ ...run, scale: 0.5, inputScale: 1 });
    expect(await scaleOfRun(at('run', 'model.safetensors'))).to.deep.equal({ scale: 1, isOfAll: true, isGiven: false });
    writeRun({ ...run, scale: 0.5, inputScale: 2 });
    await expectRejects(scaleOfRun(at('run', 'model.safetensors')), 'ERR_DATA', 'its inputScale is 2');
    writeRun(JSON.stringify({ ...run, scale: 0.5 }).replace('{', '{"scale":0.25,'));
    await expectRejects(scaleOfRun(at('run', 'model.safetensors')), 'ERR_DATA', "it has the key 'scale' twice");
    writeRun('null');
    expect(await scaleOfRun(at('run', 'model.safetensors'))).to.equal(undefined);
  });

  it('is refused with settings.json that is not that of a run', async () => {
    const { options } = run;
    const text = JSON.stringify(run);
    const cases: [string | Uint8Array | object, string][] = [
      ['', 'it is not JSON'],
      [text.replace('{', '{"data":"elsewhere",'), "it has the key 'data' twice"],
      [text.replace('"options":{', '"options":{"\\u0065pochs":9,'), "it has the key 'epochs' twice"],
      [Buffer.from(text.replace('somewhere', 'som\xebwhere'), 'latin1'), 'it is not valid UTF-8'],
      [text.replace('{', `{"more":${'['.repeat(9)}${']'.repeat(9)},`), 'it is JSON nested deeper than 8 levels'],
      [text.replace('{', `{"more":[${'0,'.repeat(2 ** 16)}0],`), 'it is JSON of more than 65536 values'],
      ['null', 'it is no object'],
      [' '.repeat((1 << 20) + 1), 'above the limit of 1048576'],
      [{ ...run, format: 'eqprop-run-9' }, "its format is not 'eqprop-run-1'"],
      [{ ...run, data: 3 }, 'its data is not a text'],
      [{ ...run, engine: {} }, 'its engine is not a text'],
      [{ ...run, options: [] }, 'its options are no object'],
      [{ ...run, options: { ...options, lr: 1 } }, "'lr' is no setting"],
      [{ ...run, options: { ...options, run: 'x' } }, "'run' is no setting"],
      [JSON.stringify(run).replace('"options":{', '"options":{"__proto__":{"x":1},'), "'__proto__' is no setting"],
      [{ ...run, options: { ...options, hidden: [1e9, {}] } }, 'hidden must be a number, a text'],
      [{ ...run, options: { ...options, beta: -1 } }, 'beta must be a finite number above 0'],
    ];
    for (const [settings, part] of cases) {
      writeRun(settings);
      await expectRejects(resume(), 'ERR_DATA', `'${at('run', 'settings.json')}'`, part);
    }
    expect({}).not.to.have.property('x');
  });
});
