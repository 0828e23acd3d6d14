/** What a panel of a picture shows. */

/** A place on both axes. */
export type Point = readonly [x: number, y: number];

/** What is drawn in one colour, and what the legend says of it. Where a point has no place, the line has a gap. */
export interface Curve {
  readonly label: string;
  /** Joined by a line. */
  readonly line: readonly Point[];
  /** With a mark each. */
  readonly marks: readonly Point[];
}

export interface Panel {
  readonly title: string;
  /** A sentence for who cannot see it. */
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: 'log' | 'linear';
  /** Where the horizontal axis has its numbers. */
  readonly xTicks: readonly number[];
  /** Likewise the vertical one, which is logarithmic. Default: powers of ten. */
  readonly yTicks?: readonly number[];
  readonly curves: readonly Curve[];
}

export const isAboveZero = (x: number) => Number.isFinite(x) && x > 0;

/** Whether a point has a place on logarithmic axes. */
export const hasPlace = ([x, y]: Point) => isAboveZero(x) && isAboveZero(y);
