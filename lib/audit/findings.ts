import type { Dynamics } from '../phases/dynamics.js';
import type { AuditReport, EstimatorReport, PhaseReport } from './audit.js';

/** Float32 drowns the signal where it changes a gradient by more than this, relatively. */
const DROWNED = 0.1;
/** An estimate that is this near its reference has nothing to complain of. */
const NEAR = 1e-4;
/** Steps agree with back-propagation up to this, relatively. */
const STEPS_AGREE = 1e-2;

type Measured = Omit<AuditReport, 'findings'>;

/** What an audit has to say in words, a sentence each. */
export function findingsOf(report: Measured, free: PhaseReport & { dynamics: Dynamics }): string[] {
  const findings: string[] = [];
  if (free.converged < 1) {
    findings.push(
      `The free phase of the reference did not settle: ${percent(1 - free.converged)} of the examples are above its tolerance of ${free.dynamics.tolerance} after ${free.dynamics.iterations} iterations, at most by a residual of ${short(free.residual)}. The reference is then none.`,
    );
  }
  for (const estimator of report.estimators) {
    findings.push(...unsettled(estimator), ...outsideTheDisc(estimator), ...drowned(estimator));
  }
  const worst = report.steps?.layers.reduce((a, b) => (b.relativeError > a.relativeError ? b : a));
  if (worst && !(worst.relativeError < STEPS_AGREE)) {
    findings.push(
      `Nudged steps differ from back-propagation by ${percent(worst.relativeError)} in '${worst.name}', as the free phase has not come to rest (residual ${short(report.steps?.residual ?? 0)}), or β is too large.`,
    );
  }
  return findings;
}

function unsettled({ estimator, phases }: EstimatorReport): string[] {
  return phases.flatMap(({ converged, residual }, i) => {
    if (converged === 1) return [];
    const which = i === 0 ? 'free phase' : `phase ${i}`;
    return [
      `${estimator}: the ${which} did not settle for ${percent(1 - converged)} of the examples (residual up to ${short(residual)}); give it more iterations.`,
    ];
  });
}

/** Within the disc where the equilibrium is analytic in β the error falls as β^N: a curve that does not fall lies outside. */
function outsideTheDisc({ estimator, settings, all, bias, phases }: EstimatorReport): string[] {
  if (estimator !== 'holomorphic' || !bias || all.relativeError < NEAR) return [];
  const [largest, next] = bias.relativeErrors;
  if (!phases.every(({ residual }) => Number.isFinite(residual))) {
    return [
      `holomorphic: states grow without bound at β ${settings.beta}, which lies outside the region where its estimate converges; lower β.`,
    ];
  }
  const expected = ((bias.betas[0] ?? 1) / (bias.betas[1] ?? 1)) ** Number(settings.points);
  const fell = largest / next;
  if (!(next > 0) || fell > Math.sqrt(expected)) return [];
  return [
    `holomorphic: β ${settings.beta} lies outside the region where its estimate converges, or at its edge: with β ${bias.betas[1]} the error falls by a factor of ${short(fell)}, and not of ${short(expected)}; lower β, as more points will not help.`,
  ];
}

function drowned({ estimator, settings, float32 }: EstimatorReport): string[] {
  if (!float32 || float32.relativeError < DROWNED) return [];
  return [
    `${estimator}: float32 drowns the signal at β ${settings.beta}: the native engine's gradient differs from float64 by ${percent(float32.relativeError)}; raise β, or tighten the tolerance of the phases.`,
  ];
}

const percent = (share: number) => `${short(100 * share)} %`;
const short = (x: number) => String(Number(x.toPrecision(2)));
