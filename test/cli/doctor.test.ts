import { expect } from 'chai';
import { temporaryFolder } from '../files/support.js';
import { eqprop, expectFailure, json } from './support.js';

describe('eqprop doctor', () => {
  const at = temporaryFolder();

  it('reports what runs here', async () => {
    const report = await json(['doctor']);
    expect(report).to.include({
      ...{ eqprop: require('eqprop/package.json').version, node: process.versions.node },
      ...{ platform: process.platform, arch: process.arch, napi: Number(process.versions.napi) },
    });
    expect(report.datasets.mnist).to.deep.equal({ found: true, train: 60_000, test: 10_000 });
    expect(report.datasets['fashion-mnist'].found).to.be.a('boolean');
    expect(report.engine).to.equal(report.addon.loads ? 'native' : 'javascript');
    expect(report.isa).to.equal(report.addon.loads ? report.addon.instructionSets[0] : 'none');
    if (!report.addon.loads) return;
    expect(report.addon.bf16).to.have.all.keys(report.addon.instructionSets);
    const by = report.addon.bf16[report.isa];
    expect(by).to.match(/^(amx|avx512_bf16|emulated)/);
    expect(report.precision).to.equal(by === 'amx' ? 'splitBf16' : 'float32');
    const { stdout } = await eqprop(['doctor'], { env: { EQPROP_ISA: 'baseline' } });
    expect(stdout).to.match(/^bf16 +baseline has no instructions for it: emulated in float32$/m);
  });

  it('obeys the environment', async () => {
    const env = { EQPROP_ISA: 'baseline', EQPROP_PRECISION: 'bf16', EQPROP_THREADS: '1' };
    const { addon, isa, precision, threads } = await json(['doctor'], { env });
    if (addon.loads)
      expect({ isa, precision, threads }).to.deep.equal({ isa: 'baseline', precision: 'bf16', threads: 1 });
    expect(await expectFailure(2, ['doctor'], { env: { EQPROP_ISA: 'sse9' } })).to.include('EQPROP_ISA must be one of');
    expect(await expectFailure(2, ['doctor'], { env: { EQPROP_THREADS: '-1' } })).to.include('EQPROP_THREADS must be');
    if (!addon.loads) return;
    expect((await json(['doctor'], { env: { EQPROP_MAX_THREADS: '3' } })).threadLimit).to.equal(3);
    const wrong = await expectFailure(2, ['doctor'], { env: { EQPROP_MAX_THREADS: '1.5' } });
    expect(wrong).to.include('EQPROP_MAX_THREADS must be a whole number from 1 to 1024, but 1.5 was given');
  });

  it('says why the addon does not load and what to run, and exits with 0', async () => {
    // Where node-gyp-build looks for the addon instead.
    const env = { EQPROP_PREBUILD: at('.') };
    const { engine, addon } = await json(['doctor'], { env });
    expect([engine, addon.loads]).to.deep.equal(['javascript', false]);
    expect(addon.reason).to.include('No native build was found');
    const { code, stdout, stderr } = await eqprop(['doctor'], { env });
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.include('nothing but JavaScript runs here').and.to.include('npm rebuild eqprop');
  });
});
