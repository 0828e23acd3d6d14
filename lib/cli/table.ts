/** Tables of text. */

import { Help } from 'commander';
import { printable } from '../printable.js';

/** Text is as wide as this, where it can be. */
const WIDTH = 96;

/** One column: its title, and whether its cells are numbers, which stand on the right. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** Lines of a table, with two spaces between columns. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titled = [columns.map(({ title }) => title), ...rows.map((row) => row.map((cell) => printable(cell)))];
  const widths = columns.map((_, i) => Math.max(...titled.map((row) => row[i].length)));
  return titled.map((row) =>
    row
      .map((cell, i) => (columns[i].isNumber ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** A sentence on lines of a terminal's width, after a dash. */
export function formatItem(sentence: string): string {
  return `- ${new Help().boxWrap(sentence, WIDTH).replace(/\n/g, '\n  ')}`;
}
