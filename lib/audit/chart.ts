/** An audit as a picture. */

import { pictureOf } from '../chart/picture.js';
import { errorPanelOf, stepPanelOf } from './chart-data.js';
import type { AuditReport } from './report.js';

/**
 * An SVG picture of an audit: each estimator's relative error over β, both axes logarithmic, and beside it the norms of
 * nudged steps and of back-propagated ones, layer by layer.
 */
export function chartOf(report: AuditReport): Promise<string> {
  const examples = `${report.examples} ${report.examples === 1 ? 'example' : 'examples'}`;
  const panels = [errorPanelOf(report), ...(report.steps ? [stepPanelOf(report.steps)] : [])];
  return pictureOf(`Gradients against ${report.reference}, ${examples}`, panels);
}
