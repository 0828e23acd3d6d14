import { expect } from 'chai';
import { chartOf } from '../../lib/audit/chart.js';
import { type AuditReport, type EstimatorReport, hopfield } from '../../lib/index.js';
import { floats } from '../support.js';

const agreement = { cosine: 1, relativeError: 0.1, signAgreement: 1 };

/** An estimator's report with these errors. */
function estimator(name: string, relativeErrors?: readonly number[], slope?: number): EstimatorReport {
  const betas = (relativeErrors ?? []).map((_, i) => 0.1 / 2 ** i);
  return {
    estimator: name,
    settings: {},
    parameters: {},
    all: agreement,
    phases: [],
    ...(relativeErrors && { bias: { betas, relativeErrors, ...(slope !== undefined && { slope }) } }),
  };
}

const reportOf = (...estimators: EstimatorReport[]): AuditReport => ({
  reference: 'recurrentBackprop',
  examples: 5,
  estimators,
  findings: [],
});

/** How often a tag begins. */
const count = (svg: string, tag: string) => svg.split(`<${tag}`).length - 1;

/** A picture in which every number is one, and every element ends. */
async function draw(report: AuditReport): Promise<string> {
  const svg = await chartOf(report);
  expect(svg).not.to.match(/="[^"]*(NaN|Infinity|undefined|null)[^"]*"/);
  const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)];
  const open: string[] = [];
  for (const [, closes, tag, isEmpty] of tags) {
    if (closes) expect(open.pop()).to.equal(tag);
    else if (!isEmpty) open.push(tag as string);
  }
  expect(open, 'open elements').to.deep.equal([]);
  return svg;
}

describe('chartOf', () => {
  it('draws the errors of a real audit, and its steps', async () => {
    const model = hopfield([6, 5, 4, 3], { seed: 1, activation: 'tanh', gain: 0.5, engine: 'javascript' });
    const svg = await draw(await model.audit({ input: floats(5 * 6, 1), target: floats(5 * 3, 2) }));
    expect(svg).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg).to.match(/<title id="title">Gradients against recurrentBackprop, 5 examples<\/title>/);
    expect(svg).to.match(/<desc id="desc">Relative errors over beta.*slopes: positive .*, centered .*hidden1 /);
    for (const part of ['positive: slope', 'centered: slope', 'holomorphic: slope', '10⁻³', '0.0125']) {
      expect(svg).to.include(part);
    }
    for (const part of ['β, the size of the nudge', 'step of the nudged phase', 'output: they differ by']) {
      expect(svg).to.include(part);
    }
    model.dispose();
  });

  it('leaves the steps out where there are none', async () => {
    const alone = await draw(reportOf(estimator('positive', [0.1, 0.05], 1)));
    expect(alone).not.to.include('step of the nudged phase');
    const curve = { name: 'hidden1', nudged: [0, 1, 0.5], backward: [0, 1, 0.5], relativeError: 1e-9 };
    const steps = { layers: [curve], parameters: [], residual: 0 };
    const both = await draw({ ...reportOf(estimator('positive', [0.1, 0.05], 1)), steps });
    const width = (svg: string) => Number(/width="(\d+)"/.exec(svg)?.[1]);
    expect(width(both)).to.be.above(1.8 * width(alone));
  });

  it('has a mark for each finite error above 0, and says what it does not show', async () => {
    const svg = await draw(
      reportOf(
        estimator('exact', [0, 0, 0]),
        estimator('wild', [Number.NaN, Infinity, 0.1, 0.2], 1),
        estimator('huge', [1e300, 1e-300], 2000),
      ),
    );
    expect(svg).to.include('exact: no slope, 3 equal to recurrentBackprop');
    expect(svg).to.include('wild: slope 1.00, 2 of 4 not finite');
    // Four marks of errors and three of the legend, and two lines.
    expect(count(svg, 'path')).to.equal(4 + 3 + 2);
  });

  it('breaks a line where a point has no place', async () => {
    const svg = await draw(reportOf(estimator('gap', [0.1, 0.2, 0, 0.3, 0.4], 1)));
    expect(/<path d="(M[^"]*)" fill="none"/.exec(svg)?.[1]?.match(/M/g)).to.have.length(2);
  });

  it('draws empty axes where nothing can be shown', async () => {
    for (const report of [reportOf(), reportOf(estimator('contrastive')), reportOf(estimator('none', [Number.NaN]))]) {
      expect(await draw(report)).to.include('nothing above 0 to show');
    }
  });

  it('draws a single point, steps without any norm, and many curves', async () => {
    await draw(reportOf(estimator('one', [0.1])));
    const silent = { name: 'silent', nudged: [0], backward: [Number.NaN], relativeError: Number.NaN };
    await draw({ ...reportOf(), steps: { layers: [silent], parameters: [], residual: 0 } });
    await draw({ ...reportOf(), steps: { layers: [], parameters: [], residual: 0 } });
    const many = Array.from({ length: 14 }, (_, i) => estimator(`estimator${i}`, [0.1 * (i + 1), 0.01], 1));
    expect(count(await draw(reportOf(...many)), 'path')).to.equal(14 * (2 + 1 + 1));
  });

  it('escapes names, and shortens long ones', async () => {
    const svg = await draw(reportOf(estimator(`<b> & "${'x'.repeat(80)}`, [0.1, 0.2], 1)));
    expect(svg).to.include('&#60;b&#62; &#38; &#34;xxx').and.to.include('…').and.not.include('<b>');
  });
});
