import { expect } from 'chai';
import {
  centered,
  euler,
  finiteDifferences,
  fixedPoint,
  holomorphic,
  hopfield,
  positive,
  recurrentBackprop,
} from '../../lib/index.js';
import { expectRejects, floats, relativeError } from '../support.js';

const input = floats(5 * 6, 1);
const target = floats(5 * 3, 2);
const tight = euler({ iterations: 5000, tolerance: 1e-12 });
const at = (beta: number) => ({ beta, free: tight, nudged: tight });
const makeModel = (gain = 0.5) => hopfield([6, 5, 4, 3], { seed: 1, activation: 'tanh', gain });

describe('audit', () => {
  it('finds nothing to complain of where there is nothing, on either engine’s model', async () => {
    for (const engine of ['native', 'javascript'] as const) {
      const model = hopfield([6, 5, 4, 3], { seed: 1, activation: 'tanh', gain: 0.5, engine });
      const report = await model.audit({ input, target });
      expect(report.findings).to.deep.equal([]);
      expect(report).to.include({
        reference: 'recurrentBackprop',
        examples: 5,
        precision: hopfield([2, 1]).engine.precision,
      });
      const [one, two, circle] = report.estimators;
      expect([one, two, circle].map(({ estimator }) => estimator)).to.deep.equal([
        'positive',
        'centered',
        'holomorphic',
      ]);
      expect(one.bias?.slope).to.be.closeTo(1, 0.2);
      expect(two.bias?.slope).to.be.closeTo(2, 0.2);
      expect(circle.bias?.slope).to.be.closeTo(4, 0.3);
      expect(Object.keys(one.parameters)).to.deep.equal([...model.parameters.keys()]);
      expect(one.parameters['dense1.weight'].cosine).to.be.within(0.99, 1);
      expect(two.all.relativeError).to.be.below(one.all.relativeError);
      expect(one.phases.map(({ converged }) => converged)).to.deep.equal([1, 1]);
      expect(one.native?.relativeError).to.be.within(1e-9, 1e-3);
      expect(circle.native, 'complex states have no kernel').to.equal(undefined);
      expect(report.steps?.layers.map(({ name }) => name)).to.deep.equal(['hidden1', 'hidden2', 'output']);
      expect(JSON.parse(JSON.stringify(report))).to.deep.equal(report);
      model.dispose();
    }
  });

  it('compares what the estimators themselves say', async () => {
    const model = makeModel();
    const [estimator, reference] = [centered(at(0.3)), finiteDifferences({ free: tight })];
    const report = await model.audit({ input, target }, { estimators: [estimator], reference, steps: 0 });
    expect(report.reference).to.equal('finiteDifferences');
    expect(report.steps).to.equal(undefined);
    const exact = hopfield([6, 5, 4, 3], { seed: 1, activation: 'tanh', gain: 0.5, engine: 'javascript' });
    exact.setParameters(Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data])));
    const [a, b] = [
      await exact.gradient({ input, target }, estimator),
      await exact.gradient({ input, target }, reference),
    ];
    for (const name of Object.keys(b)) {
      expect(report.estimators[0].parameters[name].relativeError).to.be.closeTo(relativeError(a[name], b[name]), 1e-9);
    }
  });

  it('says when β lies outside the region where the holomorphic estimate converges', async () => {
    const model = makeModel(1.5);
    const far = fixedPoint({ iterations: 3000, tolerance: 1e-10, relaxation: 0.3 });
    const estimators = [holomorphic({ beta: 0.5, free: far, nudged: far, points: 8 })];
    const { findings, estimators: found } = await model.audit({ input, target }, { estimators, steps: 0 });
    expect(found[0].all.relativeError).to.be.above(0.05);
    expect(findings.join(' ')).to.include('outside the region').and.include('holomorphic').and.include('0.5');
    const within = await makeModel(0.5).audit({ input, target }, { estimators: [holomorphic(at(0.1))], steps: 0 });
    expect(within.findings).to.deep.equal([]);
  });

  it('says when β is too small for the tolerance, where a lower one would be no better', async () => {
    const loose = euler({ iterations: 5000, tolerance: 1e-4 });
    const cases: [number, typeof tight | undefined][] = [
      [1e-8, undefined],
      [1e-11, undefined],
      [3e-4, loose],
      [1e-3, loose],
    ];
    const small = euler({ stepSize: 0.1, iterations: 5000, tolerance: 1e-10 });
    const slow = hopfield([6, 8, 3], { seed: 1, activation: 'tanh' });
    for (const [beta, dynamics, model = makeModel()] of [...cases, [1e-9, small, slow] as const]) {
      const { findings } = await model.audit({ input, target }, { beta, steps: 0, ...(dynamics && { dynamics }) });
      const words = findings.filter((finding) => !finding.includes('drowns') && !finding.includes('reference'));
      expect(words.length, String(beta)).to.be.within(2, 3);
      for (const word of words) {
        expect(word).to.match(
          /^\w+: β [\de.-]+ is too small for what its phases leave .* wrong by [\de.+]+ %; raise β/,
        );
      }
    }
  });

  it('says that of no error that what the phases leave cannot explain', async () => {
    const few = euler({ iterations: 5, tolerance: 1e-10 });
    const { findings } = await makeModel().audit({ input, target }, { beta: 1e-3, steps: 0, dynamics: few });
    expect(findings.join()).to.include('holomorphic: the free phase did not settle').and.to.not.include('lower β');
    const { findings: kinks } = await hopfield([6, 5, 3], { seed: 2 }).audit({ input, target }, { steps: 0 });
    for (const found of [findings, kinks]) expect(found.join()).to.not.include('too small');
    expect(kinks.join()).to.not.include('derivative');
  });

  it('says when a phase did not settle, which, and of the reference too', async () => {
    const short = { ...at(0.1), nudged: euler({ iterations: 3, tolerance: 1e-9 }) };
    const { findings } = await makeModel().audit({ input, target }, { estimators: [positive(short)], steps: 0 });
    expect(findings).to.have.length(1);
    expect(findings[0]).to.match(/^positive: phase 1 did not settle for 100 % of the examples/);
    const loose = euler({ iterations: 3, tolerance: 1e-9 });
    const reference = recurrentBackprop({ free: loose });
    const bad = await makeModel().audit({ input, target }, { estimators: [], reference, steps: 0 });
    expect(bad.findings).to.have.length(1);
    expect(bad.findings[0]).to.include('reference did not settle').and.include('1e-9').and.include('3 iterations');
  });

  it('says when an estimator of one’s own points away from the gradient', async () => {
    const { programs, ...rest } = positive(at(0.1));
    const flipped = programs.map((program) =>
      'terms' in program
        ? {
            ...program,
            terms: program.terms.map((term) => ({ ...term, coefficient: -(term.coefficient as number) })),
          }
        : program,
    );
    const own = { ...rest, name: 'own', programs: flipped };
    const { findings, estimators } = await makeModel().audit({ input, target }, { estimators: [own], steps: 0 });
    expect(estimators[0].all.cosine).to.be.below(-0.99);
    expect(findings).to.have.length(1);
    expect(findings[0]).to.match(/^own: its gradient points away from the reference's \(cosine -/);
  });

  it('says when the reference is 0', async () => {
    const model = hopfield([4, 5, 3], { seed: 1 });
    const batch = { input: new Float32Array(4).fill(1), target: Float32Array.of(1, 0, 0) };
    const bias = { 'bias2.bias': Float32Array.of(50, 50, 50) };
    model.setParameters(bias);
    const { findings } = await model.audit(batch, { estimators: [positive(at(0.1))], steps: 0 });
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include('nothing to compare with').and.include('the reference is 0');
  });

  it('says when float32 drowns the signal', async () => {
    const loose = euler({ iterations: 300, tolerance: 1e-7 });
    const estimators = [positive({ beta: 1e-6, free: loose, nudged: loose })];
    const model = hopfield([6, 5, 4, 3], { seed: 1, activation: 'tanh', gain: 0.5, precision: 'float32' });
    const { findings } = await model.audit({ input, target }, { estimators, steps: 0 });
    expect(findings.join(' ')).to.include('float32 drowns the signal at β 0.000001');
  });

  it('refuses what it cannot compare', async () => {
    const model = makeModel();
    const audit = (options: object) => model.audit({ input, target }, options as never);
    await expectRejects(audit({ betas: [1] }), 'ERR_NAME', 'audit options', "'betas'");
    await expectRejects(audit({ beta: 0 }), 'ERR_ARGUMENT', 'audit beta', '0');
    await expectRejects(audit({ estimators: 'all' }), 'ERR_ARGUMENT', 'audit estimators', "'all'");
    await expectRejects(audit({ estimators: [{}] }), 'ERR_ARGUMENT', 'audit estimators[0]');
    await expectRejects(audit({ reference: 3 }), 'ERR_ARGUMENT', 'audit reference', '3');
    await expectRejects(audit({ steps: -1 }), 'ERR_ARGUMENT', 'audit steps', '-1');
    await expectRejects(model.audit({ input, target: input }), 'ERR_SHAPE', 'audit target', '15');
    const hard = hopfield([6, 5, 3], { seed: 1 });
    const circle = { estimators: [holomorphic(at(0.1))] };
    await expectRejects(hard.audit({ input, target }, circle), 'ERR_ARGUMENT', "'hidden1'", 'hardSigmoid');
  });

  it('stops when aborted', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const pending = makeModel().audit(
      { input, target, signal: abort.signal },
      { reference: finiteDifferences({ free: tight, step: 1e-5 }) },
    );
    setTimeout(() => abort.abort(reason), 5);
    expect(await pending.catch((error) => error)).to.equal(reason);
  });
});
