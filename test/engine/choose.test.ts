import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { loadAddon } from '../../lib/engine/addon.js';
import { hopfield } from '../../lib/index.js';
import { expectThrows, instructionSets } from '../support.js';

/** What a child process prints, with that environment. */
function inChild(code: string, env: Record<string, string> = {}, before = '') {
  const program = `${before}; const { hopfield } = require('eqprop'); const tell = (x) => console.log(JSON.stringify(x)); ${code}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { stdout: stdout.trim(), stderr, status };
}

/** The precision that is taken with an instruction set where none is asked for. */
function usual(isa: string): string {
  const addon = loadAddon();
  if (addon instanceof Error) throw addon;
  return addon.bf16Instructions()[isa] === 'amx' ? 'splitBf16' : 'float32';
}

const tellEngine = 'tell(hopfield([2, 1]).engine)';
/** The same as a machine on which the addon does not load. */
const withoutAddon = `require('node:module')._load = ((load) => function (name, ...rest) {
  if (name === 'node-gyp-build') return () => { throw new Error('No native build was found'); };
  return load.call(this, name, ...rest);
})(require('node:module')._load)`;

describe('chooseEngine', () => {
  it('takes the best that runs here', () => {
    const { engine } = hopfield([2, 1]);
    expect(engine).to.deep.equal({
      ...{ name: 'native', isa: instructionSets()[0] },
      threads: Number(process.env.EQPROP_THREADS ?? availableParallelism()),
      precision: usual(instructionSets()[0]),
    });
  });

  it('takes what it is told, by option or by the environment; an option goes first', () => {
    expect(hopfield([2, 1], { engine: 'javascript' }).engine).to.deep.equal({
      name: 'javascript',
      isa: 'none',
      precision: 'float64',
      threads: 1,
    });
    expect(hopfield([2, 1], { isa: 'baseline', threads: 3 }).engine).to.deep.equal({
      name: 'native',
      isa: 'baseline',
      precision: 'float32',
      threads: 3,
    });
    const env = { EQPROP_ISA: 'baseline', EQPROP_THREADS: '5' };
    expect(JSON.parse(inChild(tellEngine, env).stdout)).to.include({ name: 'native', isa: 'baseline', threads: 5 });
    for (const precision of ['float32', 'splitBf16', 'bf16'] as const) {
      expect(hopfield([2, 1], { precision }).engine.precision).to.equal(precision);
      const stdout = inChild(tellEngine, { EQPROP_PRECISION: precision }).stdout;
      expect(JSON.parse(stdout).precision).to.equal(precision);
    }
    const javascript = { EQPROP_ENGINE: 'javascript', EQPROP_PRECISION: 'bf16' };
    expect(JSON.parse(inChild(tellEngine, javascript).stdout)).to.include({ name: 'javascript', precision: 'float64' });
    expect(JSON.parse(inChild('tell(hopfield([2, 1], { threads: 2 }).engine)', env).stdout).threads).to.equal(2);
  });

  it('refuses names that are unknown, numbers that are none, and what does not run here', () => {
    const model = (options: object) => () => hopfield([2, 1], options as never);
    expectThrows(model({ engine: 'gpu' }), 'ERR_NAME', 'engine', "'gpu'", 'native, javascript');
    expectThrows(model({ isa: 'mmx' }), 'ERR_NAME', 'isa', "'mmx'", 'avx2');
    expectThrows(model({ precision: 'float16' }), 'ERR_NAME', 'precision', "'float16'", 'float32, splitBf16, bf16');
    expectThrows(model({ precision: 16 }), 'ERR_NAME', 'precision', '16');
    expectThrows(model({ engine: 'javascript', precision: 'float32' }), 'ERR_ARGUMENT', 'precision', 'float64');
    expectThrows(model({ threads: 0 }), 'ERR_ARGUMENT', 'threads', '0');
    expectThrows(model({ threads: Number.NaN }), 'ERR_ARGUMENT', 'threads', 'NaN');
    const missing = ['avx512', 'avx2', 'neon'].filter((isa) => !instructionSets().includes(isa));
    for (const isa of missing) expectThrows(model({ isa }), 'ERR_ENGINE', 'isa', `'${isa}'`, 'baseline');
    for (const [env, word] of [
      [{ EQPROP_ISA: 'mmx' }, 'EQPROP_ISA'],
      [{ EQPROP_ENGINE: 'gpu' }, 'EQPROP_ENGINE'],
      [{ EQPROP_ISA: missing[missing.length - 1] }, 'EQPROP_ISA'], // not even where the children of an emulated process run
      [{ EQPROP_PRECISION: 'half' }, 'EQPROP_PRECISION'],
      [{ EQPROP_THREADS: 'many' }, 'EQPROP_THREADS'],
    ] as [Record<string, string>, string][]) {
      const { stderr, status } = inChild(tellEngine, env);
      expect(status).to.equal(1);
      expect(stderr).to.include(`${word} must be`);
    }
  });

  it('falls back to javascript with one warning where the addon does not load', () => {
    const { stdout, stderr } = inChild(`${tellEngine}; ${tellEngine}`, {}, withoutAddon);
    expect(stdout.split('\n').map((line) => JSON.parse(line).name)).to.deep.equal(['javascript', 'javascript']);
    expect(stderr.match(/native engine is not built/g)).to.have.length(1);
    expect(stderr).to.include('EQPROP_NO_ADDON').and.include('npm rebuild eqprop');
    expect(inChild("tell(hopfield([2, 1], { engine: 'javascript' }).engine)", {}, withoutAddon).stderr).to.equal('');
    const refused = inChild("hopfield([2, 1], { engine: 'native' })", {}, withoutAddon);
    expect(refused.status).to.equal(1);
    const narrow = inChild("hopfield([2, 1], { precision: 'bf16' })", {}, withoutAddon);
    expect(narrow.stderr).to.include('ERR_ENGINE').and.include('npm rebuild eqprop');
    expect(refused.stderr).to.include('ERR_ENGINE').and.include('npm rebuild eqprop');
  });
});
