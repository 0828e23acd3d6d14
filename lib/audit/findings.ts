import type { Precision } from '../engine/engine.js';
import type { Dynamics } from '../phases/dynamics.js';
import type { DerivativeReport } from './derivatives.js';
import type { AuditReport, EstimatorReport, PhaseReport } from './report.js';
import { AGREES } from './slope.js';

/** A precision drowns the signal where it changes a gradient by more than this, relatively. */
const DROWNED = 0.1;
/** An estimate that is this near its reference has nothing to complain of. */
const NEAR = 1e-4;
/** Estimators whose error is a bias that falls with β. */
const NUDGED = ['positive', 'negative', 'randomSign', 'centered'];
/** An error above this that does not fall with β is no bias. */
const APART = 0.05;
/** Twice as many points help where they lower the error at least so far. */
const HELPED = 0.3;
/** Steps agree with back-propagation up to this, relatively. */
const STEPS_AGREE = 1e-2;
/** What no more than kinks and rounding make of a right angle. */
const ORTHOGONAL = 0.01;
/** Slopes of errors over β: what states leave that are not quite settled grows as 1/β, up to where they say nothing any more;
 * a bias has a slope of 1 or more. */
const RISING = -0.5;
const FLAT = 0.5;
/** A residual may become an error of as many times its size, as states go on for long in small steps. */
const TRACE = 1e-4;
/** Of an error that no longer grows, as the signal is lost in what phases leave. */
const PART = 1e-2;

type Measured = Omit<AuditReport, 'findings'>;

/** What an audit has to say in words, a sentence each. */
export function findingsOf(
  report: Measured,
  free: PhaseReport & { dynamics: Dynamics },
  solve?: PhaseReport,
): string[] {
  const findings = wrongDerivatives(report.derivatives ?? []);
  if (free.converged < 1) {
    findings.push(
      `The free phase of the reference did not settle: ${percent(1 - free.converged)} of the examples are above its tolerance of ${free.dynamics.tolerance} after ${free.dynamics.iterations} iterations, at most by a residual of ${short(free.residual)}. The reference is then none.`,
    );
  }
  if (solve && solve.converged < 1) {
    findings.push(
      `The reference was not solved for ${percent(1 - solve.converged)} of the examples (relative residual up to ${short(solve.residual)}): its iterations are too few, or the equilibrium is no minimum. The reference is then none.`,
    );
  }
  for (const estimator of report.estimators) {
    const { cosine, relativeError } = estimator.all;
    if (relativeError === Infinity && cosine === 0) {
      findings.push(
        `${estimator.estimator}: there is nothing to compare with, as the reference is 0: units that count rest at the ends of their ranges.`,
        ...unsettled(estimator),
      );
      continue;
    }
    if (!Number.isFinite(relativeError)) {
      findings.push(
        `${estimator.estimator}: states or gradients grow without bound; lower β or the step of the dynamics.`,
      );
      continue;
    }
    findings.push(
      ...unsettled(estimator),
      ...(isFaint(estimator)
        ? [faint(estimator)]
        : [...outsideTheDisc(estimator), ...apart(estimator, report.derivatives !== undefined), ...opposed(estimator)]),
      ...drowned(estimator, report.precision),
    );
  }
  const worst = report.steps?.layers.reduce((a, b) => (b.relativeError <= a.relativeError ? a : b));
  if (report.steps && !Number.isFinite(worst?.relativeError)) {
    findings.push(
      'The comparison step by step says nothing, as Euler’s method does not settle this network: its steps are too large.',
    );
  } else if (worst && worst.relativeError >= STEPS_AGREE) {
    findings.push(
      `Nudged steps differ from back-propagation by ${percent(worst.relativeError)} in '${worst.name}', as the free phase has not come to rest (residual ${short(report.steps?.residual ?? 0)}), or β is too large.`,
    );
  }
  return findings;
}

/** Of parts of the user's own: every estimator and every reference is made of these derivatives, so that none can tell. */
export function wrongDerivatives(derivatives: readonly DerivativeReport[]): string[] {
  return derivatives.flatMap(({ part, derivative, of, relativeError, mistake }) => {
    if (relativeError < AGREES) return [];
    const who = `${part}: its ${derivative}`;
    if (mistake === 'overwrites') return [`${who}, or its ${of}, overwrites its last argument, which it must add to.`];
    if (mistake === 'ignoresScale') return [`${who} does not heed its scale.`];
    if (relativeError === Infinity) return [`${who} is not 0, but its ${of} does not depend on that.`];
    return [`${who} is ${percent(relativeError)} away from differences of its ${of}: one of the two is wrong.`];
  });
}

function unsettled({ estimator, phases }: EstimatorReport): string[] {
  return phases.flatMap(({ converged, residual }, i) => {
    if (converged === 1) return [];
    const which = i === 0 ? 'the free phase' : `phase ${i}`;
    return [
      `${estimator}: ${which} did not settle for ${percent(1 - converged)} of the examples (residual up to ${short(residual)}); give it more iterations, smaller steps or other dynamics.`,
    ];
  });
}

/** What the phases leave when they end counts 1/β times: an error that this explains does not fall as β does. */
function isFaint({ settings, all, bias, phases }: EstimatorReport): boolean {
  if (all.relativeError < NEAR || bias?.slope === undefined || !settled(phases)) return false;
  const left = Math.max(...phases.map(({ residual }) => residual)) / Number(settings.beta);
  return (
    (bias.slope < RISING && left >= TRACE * all.relativeError) ||
    (bias.slope < FLAT && left >= PART * all.relativeError)
  );
}

function faint({ estimator, settings, all }: EstimatorReport): string {
  return `${estimator}: β ${settings.beta} is too small for what its phases leave when they end: it is wrong by ${percent(all.relativeError)}; raise β, or tighten the tolerance.`;
}

const settled = (phases: readonly PhaseReport[]) => phases.every(({ converged }) => converged === 1);

/** Within the disc where the equilibrium is analytic in β the error falls as β^N: twice as many points square it. */
function outsideTheDisc({ estimator, settings, all, bias, twicePoints }: EstimatorReport): string[] {
  if (twicePoints === undefined || all.relativeError < NEAR || twicePoints < HELPED * all.relativeError) return [];
  if (bias?.slope !== undefined && bias.slope < FLAT) return []; // a lower β would not help
  return [
    `${estimator}: β ${settings.beta} lies outside the region where its estimate converges: with ${settings.points} points it is wrong by ${percent(all.relativeError)}, with twice as many by ${percent(twicePoints)}; lower β.`,
  ];
}

/** A bias falls as β does. What does not comes of a derivative that is wrong, or of an equilibrium that has none. */
function apart({ estimator, bias, phases, parameters }: EstimatorReport, hasOwnParts: boolean): string[] {
  if (!bias || !NUDGED.includes(estimator) || !settled(phases)) return [];
  const last = bias.relativeErrors[bias.relativeErrors.length - 1];
  if (bias.relativeErrors[0] < APART || last < 0.7 * bias.relativeErrors[0]) return [];
  const [worst] = Object.entries(parameters).reduce((a, b) => (b[1].relativeError <= a[1].relativeError ? a : b));
  const own = hasOwnParts ? 'a derivative of some part may be wrong, or ' : '';
  return [
    `${estimator}: its error does not fall with β, most of all in '${worst}': ${own}the equilibrium may be another one under the nudge, or units reach the ends of their ranges.`,
  ];
}

/** Of any estimator, the user's own among them: what points away from the gradient raises the cost. */
function opposed({ estimator, all, phases }: EstimatorReport): string[] {
  if (all.cosine > -ORTHOGONAL || !settled(phases)) return [];
  return [
    `${estimator}: its gradient points away from the reference's (cosine ${short(all.cosine)}), so that its updates raise the cost: the sign of a term or of a derivative may be wrong, or the forces come from no energy.`,
  ];
}

function drowned({ estimator, settings, native }: EstimatorReport, precision: Precision | undefined): string[] {
  if (!native || native.relativeError < DROWNED) return [];
  const advice =
    precision === 'bf16' ? "take precision 'splitBf16' or 'float32'" : 'tighten the tolerance of the phases';
  return [
    `${estimator}: ${precision} drowns the signal at β ${settings.beta}: the native engine's gradient differs from float64 by ${percent(native.relativeError)}; raise β, or ${advice}.`,
  ];
}

const percent = (share: number) => `${short(100 * share)} %`;
const short = (x: number) => String(Number(x.toPrecision(2)));
