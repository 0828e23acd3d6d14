/** What the panels of an audit's picture show. */

import { isAboveZero, type Panel, type Point } from '../chart/panel.js';
import type { AuditReport, EstimatorReport } from './report.js';
import type { StepReport } from './steps.js';

/** Relative errors over β. */
export function errorPanelOf({ estimators, reference }: AuditReport): Panel {
  const swept = estimators.filter(({ bias }) => bias !== undefined);
  const betas = [...new Set(swept.flatMap(({ bias }) => bias?.betas ?? []))].sort((a, b) => a - b);
  const slopes = swept.map(({ estimator, bias }) => `${estimator} ${bias?.slope?.toFixed(2) ?? 'unknown'}`);
  return {
    title: 'Error of the gradient as β falls',
    description: `Relative errors over beta, logarithmic; slopes: ${slopes.join(', ') || 'none'}.`,
    xLabel: 'β, the size of the nudge (no unit)',
    yLabel: '‖estimate − reference‖ / ‖reference‖',
    xScale: 'log',
    xTicks: betas.filter(isAboveZero),
    curves: swept.map((report) => {
      const { bias, estimator } = report;
      const points = pointsOf(bias?.betas ?? [], bias?.relativeErrors ?? []);
      return { label: `${estimator}: ${slopeIn(report)}${unshownIn(report, reference)}`, line: points, marks: points };
    }),
  };
}

/** Norms of what each layer's states move by in a step, as nudges and as back-propagation say. */
export function stepPanelOf({ layers }: StepReport): Panel {
  const steps = Array.from({ length: layers[0]?.nudged.length ?? 0 }, (_, i) => i + 1);
  return {
    title: 'Steps nudged (marks), back-propagated (lines)',
    description: `Norms of the change of each layer's states by step; differences: ${layers.map(({ name, relativeError }) => `${name} ${short(relativeError)}`).join(', ')}.`,
    xLabel: 'step of the nudged phase',
    yLabel: '‖change of states in the step‖ / β',
    xScale: 'linear',
    xTicks: steps.length > 12 ? steps.filter((s) => s === 1 || s % Math.ceil(steps.length / 8) === 0) : steps,
    curves: layers.map(({ name, nudged, backward, relativeError }) => ({
      label: `${name}: they differ by ${short(relativeError)}`,
      line: pointsOf(steps, backward),
      marks: pointsOf(steps, nudged),
    })),
  };
}

function slopeIn({ bias }: EstimatorReport): string {
  return bias?.slope === undefined || !Number.isFinite(bias.slope) ? 'no slope' : `slope ${bias.slope.toFixed(2)}`;
}

/** What cannot be drawn is said. */
function unshownIn({ bias }: EstimatorReport, reference: string): string {
  const errors = bias?.relativeErrors ?? [];
  const zeros = errors.filter((e) => e === 0).length;
  const wild = errors.filter((e) => !Number.isFinite(e)).length;
  return [
    zeros > 0 ? `, ${zeros} equal to ${reference}` : '',
    wild > 0 ? `, ${wild} of ${errors.length} not finite` : '',
  ].join('');
}

const pointsOf = (xs: readonly number[], ys: readonly number[]): Point[] => xs.map((x, i) => [x, ys[i]]);
const short = (x: number) => (x === 0 ? '0' : Number.isFinite(x) ? x.toExponential(1) : 'no finite number');
