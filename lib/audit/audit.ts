import type { Floats } from '../check.js';
import { type ClampedProblem, parametersOf } from '../energy/problem.js';
import { chooseEngine } from '../engine/choose.js';
import type { EngineFacts, GradientCall, NativePrecision, Plan, Precision } from '../engine/engine.js';
import { JavascriptPlan } from '../engine/javascript/plan.js';
import type { Outcome } from '../engine/javascript/procedures/run.js';
import { ArgumentError, DivergenceError, EqpropError, isError } from '../errors.js';
import type { Estimator } from '../phases/estimator.js';
import { freeDynamicsOf } from '../phases/estimator.js';
import { withSetting } from '../phases/estimators.js';
import type { Euler } from '../phases/euler.js';
import { type Agreement, compare, type Gradient, logSlope } from './compare.js';
import { derivativesOf } from './derivatives.js';
import { findingsOf, wrongDerivatives } from './findings.js';
import type { AuditReport, EstimatorReport, PhaseReport } from './report.js';
import { lostStepReport, type StepReport, stepReportOf } from './steps.js';

/** An audit's examples and settings, checked. */
export interface AuditCall extends Omit<GradientCall, 'program'> {
  readonly estimators: readonly Estimator[];
  readonly reference: Estimator;
  /** What every estimator's own β is multiplied by for its curve; the first is 1. */
  readonly scales: readonly number[];
  readonly steps?: { readonly free: Euler; readonly beta: number; readonly steps: number } | undefined;
}

/** Compares estimators with a reference, in float64, and with the native engine's precision. `values` are the parameters;
 * `engine` is the model's. */
export async function audit(
  problem: ClampedProblem,
  values: readonly Floats[],
  call: AuditCall,
  engine: EngineFacts,
): Promise<AuditReport> {
  const names = [...parametersOf(problem).keys()];
  const named = (gradients: readonly Floats[]): Gradient =>
    Object.fromEntries(names.map((name, i) => [name, gradients[i]]));
  const exact = new JavascriptPlan(problem);
  exact.write(values);
  const narrow = nativePlan(problem, values, engine);
  try {
    const derivatives = derivativesOf(problem, values, call.targets);
    const reference = await exact.examine({ ...call, program: call.reference.programs[0] }).catch((error) => {
      const [wrong] = wrongDerivatives(derivatives);
      if (!wrong || !isError(error, DivergenceError)) throw error;
      const why = wrong.replace(/\.$/, '');
      throw new ArgumentError(`audit has no equilibrium to look at: ${why}`, 'ERR_ARGUMENT', { cause: error });
    });
    const truth = named(reference.gradients);
    const measure = async (estimator: Estimator) => {
      const outcome = await orLost(exact.examine({ ...call, program: estimator.programs[0] }), values);
      return { outcome, gradient: named(outcome.gradients) };
    };
    const estimators: EstimatorReport[] = [];
    for (const estimator of call.estimators) {
      const { outcome, gradient } = await measure(estimator);
      const relativeErrors: number[] = [];
      const betas: number[] = [];
      for (const scale of call.scales) {
        const beta = scale * Number(estimator.settings?.beta);
        const scaled = withSetting(estimator, 'beta', beta);
        if (!scaled) break;
        betas.push(beta);
        const scaledGradient = scale === 1 ? gradient : (await measure(scaled)).gradient;
        relativeErrors.push(compare(scaledGradient, truth).all.relativeError);
      }
      const slope = logSlope(betas, relativeErrors);
      const finer = withSetting(estimator, 'points', 2 * Number(estimator.settings?.points));
      const twicePoints = finer && compare((await measure(finer)).gradient, truth).all.relativeError;
      const native = narrow && (await nativeOf(narrow.plan, call, estimator, gradient, named, values));
      estimators.push({
        estimator: estimator.name,
        settings: estimator.settings,
        ...compare(gradient, truth),
        phases: (outcome.ends ?? [outcome.free]).map(phaseReportOf),
        ...(betas.length > 0 && { bias: { betas, relativeErrors, ...(slope !== undefined && { slope }) } }),
        ...(twicePoints !== undefined && { twicePoints }),
        ...(native && { native }),
      });
    }
    const steps = call.steps && (await stepsOf(problem, exact, call, call.steps));
    const report = {
      reference: call.reference.name,
      examples: call.batch,
      ...(narrow && { precision: narrow.precision }),
      estimators,
      ...(derivatives.length > 0 && { derivatives }),
      ...(steps && { steps }),
    };
    const [free, solve] = (reference.ends ?? [reference.free]).map(phaseReportOf);
    const settled = { ...(free ?? phaseReportOf(reference.free)), dynamics: freeDynamicsOf(call.reference) };
    return { ...report, findings: findingsOf(report, settled, solve) };
  } finally {
    exact.dispose();
    narrow?.plan.dispose();
  }
}

async function stepsOf(
  problem: ClampedProblem,
  plan: JavascriptPlan,
  call: AuditCall,
  options: NonNullable<AuditCall['steps']>,
): Promise<StepReport> {
  try {
    return stepReportOf(problem, await plan.compareSteps(call, options));
  } catch (error) {
    if (isError(error, DivergenceError)) return lostStepReport(problem);
    throw error;
  }
}

interface LooseOutcome extends Pick<Outcome, 'gradients' | 'ends'> {
  readonly free: Pick<Outcome['free'], 'residual' | 'converged'>;
}

/** What an estimator finds; where its states grow without bound, numbers that say so, as that is a finding, too. */
async function orLost(outcome: Promise<Outcome>, values: readonly Floats[]): Promise<LooseOutcome> {
  try {
    return await outcome;
  } catch (error) {
    if (!isError(error, DivergenceError)) throw error;
    const end = { residual: Float64Array.of(Number.NaN), converged: Uint8Array.of(0) };
    return { gradients: values.map(lost), free: end };
  }
}

const lost = (values: Floats) => new Float64Array(values.length).fill(Number.NaN);

function phaseReportOf({ residual, converged }: { residual: Float64Array; converged: Uint8Array }): PhaseReport {
  return {
    converged: converged.reduce((sum, c) => sum + c, 0) / converged.length,
    residual: residual.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), 0),
  };
}

/** The problem on the native engine, if that runs here and carries it: the model's own, if that is native. */
function nativePlan(
  problem: ClampedProblem,
  values: readonly Floats[],
  { name, isa, precision, threads }: EngineFacts,
): { plan: Plan; precision: Precision } | undefined {
  try {
    const own = name === 'native' ? { isa, precision: precision as NativePrecision, threads } : {};
    const engine = chooseEngine({ engine: 'native', ...own });
    const plan = engine.compile(problem);
    plan.write(values);
    return { plan, precision: engine.precision };
  } catch (error) {
    if (error instanceof EqpropError) return undefined;
    throw error;
  }
}

async function nativeOf(
  plan: Plan,
  call: AuditCall,
  estimator: Estimator,
  exact: Gradient,
  named: (gradients: readonly Floats[]) => Gradient,
  values: readonly Floats[],
): Promise<Agreement | undefined> {
  try {
    const gradients = await plan.gradient({ ...call, program: estimator.programs[0] });
    return compare(named(gradients), exact).all;
  } catch (error) {
    if (isError(error, EqpropError) && error.code === 'ERR_ENGINE') return undefined; // it does not carry this one
    if (isError(error, DivergenceError)) return compare(named(values.map(lost)), exact).all;
    throw error;
  }
}
