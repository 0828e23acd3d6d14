/** An audit as a picture. The parts of d3 it needs are loaded with it: nothing but the command line does. */

import type { AuditReport } from './audit.js';
import { errorPanelOf, stepPanelOf } from './chart-data.js';
import { GAP, legendHeight, PANEL, panelSvg, type Toolkit } from './chart-panel.js';
import { escaped, TEXT } from './svg.js';

/** Above the panels, for the title. */
const HEAD = 54;
const MARGIN = 16;

/**
 * An SVG picture of an audit: each estimator's relative error over β, both axes logarithmic, and beside it the norms of
 * nudged steps and of back-propagated ones, layer by layer.
 */
export async function chartOf(report: AuditReport): Promise<string> {
  const toolkit: Toolkit = { ...(await import('d3-scale')), ...(await import('d3-shape')) };
  const panels = [errorPanelOf(report), ...(report.steps ? [stepPanelOf(report.steps)] : [])];
  const width = 2 * MARGIN + panels.length * PANEL.width + (panels.length - 1) * GAP;
  const height = HEAD + PANEL.height + Math.max(...panels.map(legendHeight)) + MARGIN;
  const drawn = panels.map((panel, i) => {
    const x = MARGIN + i * (PANEL.width + GAP);
    return `<g transform="translate(${x} ${HEAD})">\n${panelSvg(panel, toolkit)}\n</g>`;
  });
  const examples = `${report.examples} ${report.examples === 1 ? 'example' : 'examples'}`;
  const title = `Gradients against ${report.reference}, ${examples}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc" font-family="'DejaVu Sans', Verdana, Arial, sans-serif" font-size="12">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(panels.map(({ description }) => description).join(' '))}</desc>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${MARGIN}" y="28" font-size="16" font-weight="bold" fill="${TEXT}">${escaped(title)}</text>
${drawn.join('\n')}
</svg>
`;
}
