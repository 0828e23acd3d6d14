import { checkArray, checkInteger, checkNumber, checkOptions, checkString, describe } from '../check.js';
import type { Complex } from '../energy/complex.js';
import { ArgumentError } from '../errors.js';
import { ownFields, reading } from '../own.js';
import { checkDynamics, type Dynamics } from './dynamics.js';
import { checkProcedure, type Procedure, phasesOf } from './procedure.js';

/** One settling of the network: with which nudge, by which dynamics, from where. */
export interface Phase {
  /** The nudge β: 0 in the free phase. A complex one settles complex states. */
  readonly beta: number | Complex;
  /** How its states settle. */
  readonly dynamics: Dynamics;
  /** The earlier phase whose end this one starts from, or `start`: see `TrainingStart`. */
  readonly from: number | 'start';
  /** Holds the output layer at (1 − clamp) · y + clamp · target, y being its state where the phase starts. Such a phase is
   * not nudged, too. */
  readonly clamp?: number | undefined;
}

/** One summand of the gradient: the real part of coefficient · ∂E/∂θ at the end of a phase. */
export interface Term {
  /** Which of the phases, counted from 0. */
  readonly phase: number;
  /** Such as 1/β. */
  readonly coefficient: number | Complex;
}

/** Phases to settle in turn, the first of them free, and the terms that add up to the gradient. */
export interface Program {
  /** In the order in which they are settled. */
  readonly phases: readonly Phase[];
  /** In the order in which they are added up. */
  readonly terms: readonly Term[];
}

/**
 * How settled states give a gradient: a value, one program, or several of which one is drawn for every batch. What no list
 * of phases and terms can say is a procedure, which an engine knows by its name.
 */
export interface Estimator {
  /** The name of its maker, such as `centered`. */
  readonly name: string;
  /** What it was made with; reports show it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** One, or several of which one is drawn for every batch. */
  readonly programs: readonly (Program | Procedure)[];
}

/** What nearly every estimator takes: the nudge, and how its phases settle. */
export interface EstimatorOptions {
  /** The size of the nudge, above 0. */
  beta: number;
  /** The dynamics of the free phase. */
  free: Dynamics;
  /** The dynamics of the nudged phases, each of which starts from the free state. */
  nudged: Dynamics;
}

/** @throws ArgumentError for a β that is not a number above 0, or dynamics that are none */
export function checkEstimatorOptions(name: string, options: EstimatorOptions): Required<EstimatorOptions> {
  options = checkOptions(`${name} options`, options, ['beta', 'free', 'nudged']);
  const beta = checkNumber(`${name} beta`, options.beta);
  if (beta <= 0) {
    throw new ArgumentError(
      `${name} beta must be above 0, but ${beta} was given: the gradient is divided by it, and its sign belongs to the estimator`,
    );
  }
  return {
    beta,
    free: checkDynamics(`${name} free`, options.free),
    nudged: checkDynamics(`${name} nudged`, options.nudged),
  };
}

/** The program of one nudge: free, then nudged by the signed β; (∂E(s^β) − ∂E(s⁰)) / β. */
export function oneSided(beta: number, free: Dynamics, nudged: Dynamics): Program {
  return {
    phases: [
      { beta: 0, dynamics: free, from: 'start' },
      { beta, dynamics: nudged, from: 0 },
    ],
    terms: [
      { phase: 1, coefficient: 1 / beta },
      { phase: 0, coefficient: -1 / beta },
    ],
  };
}

/**
 * An estimator, whether a function of the package made it or its user wrote the list of phases and terms; a copy.
 * @throws ArgumentError for one without programs, phases or terms, a first phase that is not free, a phase that starts from
 * a later one, a term of a phase that does not exist, or a number that is not finite
 */
export function checkEstimator(name: string, value: Estimator): Estimator {
  const given = ownFields(name, value, ['name', 'settings', 'programs']);
  const programs = Array.isArray(given.programs) ? given.programs : [];
  if (programs.length === 0) {
    throw new ArgumentError(`${name} must be an estimator such as centered({ … }), but ${describe(value)} was given`);
  }
  return {
    name: checkString(`${name} name`, given.name),
    settings: plainSettings(`${name} settings`, given.settings),
    programs: programs.map((program, i) => {
      const at = `${name} programs[${i}]`;
      const { kind } = ownFields(at, program, ['kind']);
      return kind === undefined ? checkProgram(at, program) : checkProcedure(at, kind, program);
    }),
  };
}

/** Settings are what checkpoints compare, as JSON. */
function plainSettings(name: string, settings: unknown): Estimator['settings'] {
  if (settings === undefined) return {};
  const plain = reading(name, () => JSON.parse(JSON.stringify(settings) ?? 'null'));
  if (typeof plain === 'object' && plain !== null && !Array.isArray(plain)) return plain;
  throw new ArgumentError(`${name} must be an object, but ${describe(settings)} was given`);
}

function checkProgram(name: string, program: Program): Program {
  program = checkOptions(name, program, ['phases', 'terms']);
  const phases = checkArray(`${name} phases`, program.phases).map((phase, i) =>
    checkPhase(`${name} phases[${i}]`, phase as Phase, i),
  );
  const terms = checkArray(`${name} terms`, program.terms).map((term, i) => {
    const { phase, coefficient } = checkOptions(`${name} terms[${i}]`, term as unknown, ['phase', 'coefficient']);
    return {
      phase: checkInteger(`${name} terms[${i}] phase`, phase, 0, phases.length - 1),
      coefficient: checkRealOrComplex(`${name} terms[${i}] coefficient`, coefficient),
    };
  });
  if (phases.length === 0 || terms.length === 0) {
    throw new ArgumentError(
      `${name} must have one or more phases and terms, but it has ${phases.length} and ${terms.length}`,
    );
  }
  return { phases, terms };
}

function checkPhase(name: string, phase: Phase, index: number): Phase {
  phase = checkOptions(name, phase, ['beta', 'dynamics', 'from', 'clamp']);
  const beta = checkRealOrComplex(`${name} beta`, phase.beta);
  const clamp = phase.clamp === undefined ? undefined : checkNumber(`${name} clamp`, phase.clamp);
  if (index === 0 && (beta !== 0 || clamp !== undefined)) {
    const given = clamp === undefined ? `beta ${describe(phase.beta)}` : `clamp ${clamp}`;
    throw new ArgumentError(`${name} beta must be 0, as the first phase is free, but ${given} was given`);
  }
  if (clamp !== undefined && beta !== 0) {
    throw new ArgumentError(
      `${name} beta must be 0 where the output is clamped, but ${describe(phase.beta)} was given`,
    );
  }
  if (phase.from !== 'start') {
    if (index === 0) throw new ArgumentError(`${name} from must be 'start', but ${describe(phase.from)} was given`);
    checkInteger(`${name} from`, phase.from, 0, index - 1);
  }
  const dynamics = checkDynamics(`${name} dynamics`, phase.dynamics);
  return { beta, dynamics, from: phase.from, ...(clamp === undefined ? {} : { clamp }) };
}

/** A number, or [re, im]; a complex number without imaginary part is a number. */
function checkRealOrComplex(name: string, value: unknown): number | Complex {
  if (!Array.isArray(value)) return checkNumber(name, value);
  if (value.length !== 2) {
    throw new ArgumentError(`${name} must be a number or [re, im], but ${describe(value)} was given`);
  }
  const [re, im] = value.map((part, i) => checkNumber(`${name}[${i}]`, part));
  return im === 0 ? re : [re, im];
}

/** The dynamics of an estimator's free phase. */
export function freeDynamicsOf({ programs: [first] }: Estimator): Dynamics {
  return 'kind' in first ? first.free : first.phases[0].dynamics;
}

/** Whether an estimator's states fluctuate, so that they depend on a seed. */
export function isRandom({ programs }: Estimator): boolean {
  return programs.some((program) => {
    const phases = 'kind' in program ? phasesOf(program) : program.phases;
    return phases.some(({ dynamics }) => dynamics.kind === 'langevin');
  });
}
