/** Draws one panel: axes, curves, and a legend below. */

import { type Curve, hasPlace, type Panel, type Point } from './panel.js';
import { FAINT, label, place, powerOfTen, straight, TEXT } from './svg.js';

/** What is used of d3. */
export type Toolkit = Pick<typeof import('d3-scale'), 'scaleLinear' | 'scaleLog'> &
  Pick<
    typeof import('d3-shape'),
    | 'line'
    | 'symbol'
    | 'symbolCircle'
    | 'symbolCross'
    | 'symbolDiamond'
    | 'symbolSquare'
    | 'symbolTriangle'
    | 'symbolWye'
  >;

type Scale = (x: number) => number;

/** A panel without its legend. */
export const PANEL = { width: 440, height: 340 };
export const GAP = 36;
/** Around the axes, within the panel. */
const INSET = { left: 66, right: 10, top: 28, bottom: 58 };
const LEGEND_ROW = 19;
/** Letters that a line of the legend has room for. */
const LEGEND_LENGTH = 50;

/** Dark enough on white for thin lines, and apart for all kinds of colour vision (after Okabe and Ito); each has a mark of
 * its own as well. */
const COLOURS = ['#0072b2', '#d55e00', '#007a5e', '#a8417d', '#8a6500', '#333333'];

export function legendHeight({ curves }: Panel): number {
  return LEGEND_ROW * Math.max(1, curves.length);
}

export function panelSvg(panel: Panel, toolkit: Toolkit): string {
  const [left, right] = [INSET.left, PANEL.width - INSET.right];
  const [top, bottom] = [INSET.top, PANEL.height - INSET.bottom];
  const points = panel.curves.flatMap(({ line, marks }) => [...line, ...marks]).filter(hasPlace);
  const x = xScaleOf(panel, points, toolkit).range([left + 14, right - 14]);
  const [range, yTicks] = yAxisOf(panel, points);
  const y = toolkit
    .scaleLog()
    .domain(range)
    .range([bottom - 6, top + 6]);
  return [
    label(left, 12, panel.title, 'font-size="13" font-weight="bold"'),
    ...yTicks.map(([tick, name]) => {
      const at = y(tick);
      return straight(left, at, right, at, FAINT) + label(left - 8, at + 4, name, 'text-anchor="end"');
    }),
    ...panel.xTicks.map((tick) => {
      const name = label(x(tick), bottom + 19, String(Number(tick.toPrecision(4))), 'text-anchor="middle"');
      return straight(x(tick), bottom, x(tick), bottom + 5, TEXT) + name;
    }),
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="#6e7781"/>`,
    label((left + right) / 2, bottom + 40, panel.xLabel, 'text-anchor="middle"'),
    label(0, 0, panel.yLabel, `text-anchor="middle" transform="translate(14 ${(top + bottom) / 2}) rotate(-90)"`),
    ...(points.length === 0
      ? [label((left + right) / 2, (top + bottom) / 2, 'nothing above 0 to show', 'text-anchor="middle"')]
      : []),
    ...panel.curves.map((curve, i) => curveSvg(curve, i, x, y, toolkit)),
    ...panel.curves.map((curve, i) => legendSvg(curve, i, toolkit)),
  ].join('\n');
}

function xScaleOf({ xScale, xTicks }: Panel, points: readonly Point[], { scaleLinear, scaleLog }: Toolkit) {
  const xs = [...xTicks, ...points.map(([x]) => x)];
  const [low, high] = xs.length > 0 ? [Math.min(...xs), Math.max(...xs)] : [1, 1];
  if (xScale === 'log') return scaleLog().domain(low < high ? [low, high] : [low / 2, high * 2]);
  return scaleLinear().domain(low < high ? [low, high] : [low - 1, high + 1]);
}

/** The powers of ten around numbers. */
function decadesOf(ys: readonly number[]): [low: number, high: number] {
  if (ys.length === 0) return [-3, 0];
  const low = Math.max(-300, Math.floor(Math.log10(Math.min(...ys))));
  const high = Math.min(300, Math.ceil(Math.log10(Math.max(...ys))));
  return [low, Math.max(high, low + 1)];
}

/** What the vertical axis spans, where it has its numbers, and how they are written: at most eight or so powers of ten. */
function yAxisOf(
  panel: Panel,
  points: readonly Point[],
): [range: [number, number], ticks: [at: number, name: string][]] {
  const ys = points.map(([, y]) => y);
  if (panel.yTicks) {
    const all = [...panel.yTicks, ...ys];
    return [[Math.min(...all), Math.max(...all)], panel.yTicks.map((tick) => [tick, String(tick)])];
  }
  const [low, high] = decadesOf(ys);
  const step = Math.ceil((high - low) / 8);
  const exponents = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
  return [[10 ** low, 10 ** high], exponents.map((exponent) => [10 ** exponent, powerOfTen(exponent)])];
}

function curveSvg({ line, marks }: Curve, index: number, x: Scale, y: Scale, toolkit: Toolkit): string {
  const drawn = toolkit
    .line<Point>()
    .defined(hasPlace)
    .x(([at]) => Number(place(x(at))))
    .y(([, at]) => Number(place(y(at))))([...line]);
  const stroke = drawn ? `<path d="${drawn}" fill="none" ${strokeOf(index)}/>` : '';
  return (
    stroke +
    marks
      .filter(hasPlace)
      .map((point) => markSvg(index, x(point[0]), y(point[1]), toolkit))
      .join('')
  );
}

/** Beyond six, the same colours are dashed, with other marks. */
function strokeOf(index: number): string {
  const dashes = index < COLOURS.length ? '' : ' stroke-dasharray="5 3"';
  return `stroke="${COLOURS[index % COLOURS.length]}" stroke-width="2"${dashes}`;
}

function markSvg(index: number, x: number, y: number, toolkit: Toolkit): string {
  const { symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolWye } = toolkit;
  const shapes = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolWye];
  const shape = shapes[(index + Math.floor(index / COLOURS.length)) % shapes.length];
  const colour = COLOURS[index % COLOURS.length];
  const at = `transform="translate(${place(x)} ${place(y)})"`;
  return `<path d="${toolkit.symbol(shape, 56)()}" ${at} fill="${colour}" stroke="#ffffff"/>`;
}

function legendSvg({ label: text }: Curve, index: number, toolkit: Toolkit): string {
  const y = PANEL.height + 6 + LEGEND_ROW * index;
  const shown = text.length > LEGEND_LENGTH ? `${text.slice(0, LEGEND_LENGTH - 1)}…` : text;
  const stroke = `<line x1="${INSET.left}" y1="${y}" x2="${INSET.left + 26}" y2="${y}" ${strokeOf(index)}/>`;
  return stroke + markSvg(index, INSET.left + 13, y, toolkit) + label(INSET.left + 34, y + 4, shown);
}
