/** Panels side by side. The parts of d3 that they need are loaded with them: of the package, nothing but the command line
 * does. */

import type { Panel } from './panel.js';
import { GAP, legendHeight, PANEL, panelSvg, type Toolkit } from './panel-svg.js';
import { escaped, TEXT } from './svg.js';

/** Above the panels, for the title. */
const HEAD = 54;
const MARGIN = 16;

/** An SVG picture with a title, a description for who cannot see it, and panels from left to right. */
export async function pictureOf(title: string, panels: readonly Panel[]): Promise<string> {
  const toolkit: Toolkit = { ...(await import('d3-scale')), ...(await import('d3-shape')) };
  const width = 2 * MARGIN + panels.length * PANEL.width + (panels.length - 1) * GAP;
  const height = HEAD + PANEL.height + Math.max(...panels.map(legendHeight)) + MARGIN;
  const drawn = panels.map((panel, i) => {
    const x = MARGIN + i * (PANEL.width + GAP);
    return `<g transform="translate(${x} ${HEAD})">\n${panelSvg(panel, toolkit)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc" font-family="'DejaVu Sans', Verdana, Arial, sans-serif" font-size="12">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(panels.map(({ description }) => description).join(' '))}</desc>
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${MARGIN}" y="28" font-size="16" font-weight="bold" fill="${TEXT}">${escaped(title)}</text>
${drawn.join('\n')}
</svg>
`;
}
