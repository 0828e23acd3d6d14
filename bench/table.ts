/** Tables for a terminal and for a page. */

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
}

/** Aligned to the right, or as Markdown. */
export function tableOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[], markdown: boolean): string {
  const lines = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  if (markdown) {
    const [head, ...body] = lines.map((cells) => `| ${cells.join(' | ')} |`);
    return [head, `|${columns.map(() => '---:|').join('')}`, ...body].join('\n');
  }
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  return lines.map((cells) => cells.map((cell, i) => cell.padStart(widths[i])).join('  ')).join('\n');
}

/** As many digits as tell something. */
export const short = (x: number) => (Number.isFinite(x) ? x.toFixed(x < 100 ? 1 : 0) : '');
export const percent = (x: number) => (Number.isFinite(x) ? `${(100 * x).toFixed(0)} %` : '');
export const scientific = (x: number | undefined) => (x === undefined ? '' : x.toExponential(0));
