import { expect } from 'chai';
import {
  anderson,
  centered,
  coordinateDescent,
  type Estimator,
  euler,
  fixedPoint,
  negative,
  type Program,
  positive,
  randomSign,
} from '../../lib/index.js';
import { expectThrows } from '../support.js';

const free = euler({ iterations: 20 });
const nudged = euler({ iterations: 4 });
const options = { beta: 0.5, free, nudged };

/** The programs of an estimator that has no procedure. */
function programsOf({ programs }: Estimator): Program[] {
  return programs.map((program) => {
    if ('kind' in program) throw new Error(`${program.kind} is a procedure`);
    return program;
  });
}

/** What a program makes of E quadratic in β: its gradient should be E′(0) up to the bias it is known for. */
function estimate(estimator: Estimator, energy: (beta: number) => number): number {
  const [{ phases, terms }] = programsOf(estimator);
  return terms.reduce(
    (sum, { phase, coefficient }) => sum + Number(coefficient) * energy(Number(phases[phase].beta)),
    0,
  );
}

describe('estimators', () => {
  it('are programs: phases from the free state, and terms', () => {
    expect(programsOf(positive(options))[0].phases.map(({ beta, from }) => [beta, from])).to.deep.equal([
      [0, 'start'],
      [0.5, 0],
    ]);
    expect(programsOf(negative(options))[0].phases[1].beta).to.equal(-0.5);
    expect(programsOf(centered(options))[0].phases.map(({ beta }) => beta)).to.deep.equal([0, 0.5, -0.5]);
    expect(programsOf(randomSign(options)).map((p) => p.phases[1].beta)).to.deep.equal([0.5, -0.5]);
    expect(programsOf(positive(options))[0].phases.map((p) => p.dynamics)).to.deep.equal([free, nudged]);
  });

  it('divide by the signed β: each is exact where E is linear in β, the centered one where it is quadratic', () => {
    for (const make of [positive, negative, randomSign, centered]) {
      expect(estimate(make(options), (beta) => 7 + 3 * beta)).to.be.closeTo(3, 1e-12);
    }
    expect(estimate(positive(options), (beta) => 3 * beta + beta ** 2)).to.be.closeTo(3.5, 1e-12);
    expect(estimate(negative(options), (beta) => 3 * beta + beta ** 2)).to.be.closeTo(2.5, 1e-12);
    expect(estimate(centered(options), (beta) => 3 * beta + beta ** 2)).to.be.closeTo(3, 1e-12);
  });

  it('refuse a β that they cannot divide by, and dynamics that are none', () => {
    for (const make of [positive, negative, randomSign, centered]) {
      const { name } = make(options);
      expectThrows(() => make({ ...options, beta: 0 }), 'ERR_ARGUMENT', `${name} beta`, '0');
      expectThrows(() => make({ ...options, beta: -1 }), 'ERR_ARGUMENT', `${name} beta`, '-1');
      expectThrows(() => make({ ...options, beta: Number.NaN }), 'ERR_ARGUMENT', `${name} beta`, 'NaN');
      expectThrows(() => make({ ...options, free: {} as never }), 'ERR_ARGUMENT', `${name} free`, 'euler');
      expectThrows(() => make({ ...options, betas: 1 } as never), 'ERR_NAME', `${name} options`, "'betas'");
    }
  });
});

describe('euler', () => {
  it('has the paper’s step size by default and refuses what is none', () => {
    expect(euler()).to.deep.equal({ kind: 'euler', stepSize: 0.5, iterations: 20, tolerance: 0 });
    expectThrows(() => euler({ stepSize: 0 }), 'ERR_ARGUMENT', 'euler stepSize', '0');
    expectThrows(() => euler({ stepSize: Number.NaN }), 'ERR_ARGUMENT', 'euler stepSize', 'NaN');
    expectThrows(() => euler({ iterations: -1 }), 'ERR_ARGUMENT', 'euler iterations', '-1');
    expectThrows(() => euler({ iterations: 1.5 }), 'ERR_ARGUMENT', 'euler iterations', '1.5');
    for (const [name, make] of Object.entries({ euler, fixedPoint, coordinateDescent, anderson })) {
      for (const tolerance of [Number.NaN, -1e-3, Number.POSITIVE_INFINITY, '1e-3' as never]) {
        expectThrows(() => make({ tolerance }), 'ERR_ARGUMENT', `${name} tolerance`, String(tolerance));
      }
    }
    expectThrows(() => euler({ steps: 3 } as never), 'ERR_NAME', 'euler options', "'steps'");
  });
});
