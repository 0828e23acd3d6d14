/** An audit in words and tables, for a terminal. */

import type { Agreement } from '../audit/compare.js';
import type { AuditReport, EstimatorReport } from '../audit/report.js';
import type { StepCurve, StepReport } from '../audit/steps.js';
import type { Precision } from '../engine/engine.js';
import { formatPercent } from './output.js';
import { formatItem, formatTable } from './table.js';

/** The lines of a report: estimators, parameters, steps, findings. */
export function formatAudit(report: AuditReport): string[] {
  const { estimators, steps, reference, precision, findings } = report;
  return [
    `Gradients of all parameters against ${reference}, in float64`,
    ...formatEstimators(estimators, precision),
    '',
    'Layer by layer',
    ...formatParameters(estimators),
    '',
    ...(steps ? [...formatSteps(steps), ''] : []),
    ...(findings.length > 0 ? ['Findings', ...findings.map(formatItem)] : ['Findings: nothing to complain of']),
  ];
}

function formatEstimators(estimators: readonly EstimatorReport[], precision: Precision = 'float32'): string[] {
  const rows = estimators.map(({ estimator, settings, all, bias, phases, native }) => [
    estimator,
    'beta' in settings ? String(settings.beta) : '–',
    ...agreementCells(all),
    bias?.slope === undefined ? '–' : bias.slope.toFixed(2),
    formatPercent(Math.min(...phases.map(({ converged }) => converged))),
    formatError(largest(phases.map(({ residual }) => residual))),
    native === undefined ? '–' : formatError(native.relativeError),
  ]);
  const titles = ['β', ...AGREEMENT, 'slope', 'settled', 'residual', precision];
  return formatTable([{ title: 'estimator' }, ...titles.map((title) => ({ title, isNumber: true }))], rows);
}

/** Every parameter's block, in the order of the network; its name stands once. */
function formatParameters(estimators: readonly EstimatorReport[]): string[] {
  const names = Object.keys(estimators[0]?.parameters ?? {});
  const rows = names.flatMap((name) =>
    estimators.map(({ estimator, parameters }, i) => [
      i === 0 ? name : '',
      estimator,
      ...agreementCells(parameters[name]),
    ]),
  );
  const numbers = AGREEMENT.map((title) => ({ title, isNumber: true }));
  return formatTable([{ title: 'parameter' }, { title: 'estimator' }, ...numbers], rows);
}

/** Norms at the first, a middle and the last step. */
function formatSteps({ layers, parameters, residual }: StepReport): string[] {
  const count = layers[0]?.nudged.length ?? 0;
  const shown = [...new Set([1, Math.ceil((count + 1) / 2), count])];
  const rowOf = ({ name, relativeError, nudged, backward }: StepCurve) => [
    name,
    formatError(relativeError),
    ...shown.flatMap((step) => [formatNorm(nudged[step - 1]), formatNorm(backward[step - 1])]),
  ];
  const columns = [
    { title: 'layer, parameter' },
    ...['rel. error', ...shown.flatMap((step) => [`nudged ${step}`, `back ${step}`])].map((title) => ({
      title,
      isNumber: true,
    })),
  ];
  return [
    `Nudged steps beside back-propagation: norms at steps ${shown.join(', ')} (free residual ${formatError(residual)})`,
    ...formatTable(columns, [...layers, ...parameters].map(rowOf)),
  ];
}

const AGREEMENT = ['cosine', 'rel. error', 'same signs'];

function agreementCells({ cosine, relativeError, signAgreement }: Agreement): string[] {
  return [cosine.toFixed(5), formatError(relativeError), formatPercent(signAgreement)];
}

function formatError(error: number): string {
  if (error === 0) return '0';
  return Number.isFinite(error) ? error.toExponential(1) : formatLimit(error);
}

function formatNorm(norm: number): string {
  if (norm === 0) return '0';
  return Number.isFinite(norm) ? norm.toExponential(2) : formatLimit(norm);
}

const formatLimit = (x: number) => (Number.isNaN(x) ? 'NaN' : '∞');

/** NaN counts as the largest. */
const largest = (values: readonly number[]) => values.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), 0);
