/** Small parts of a picture. */

export const TEXT = '#1f2328';
export const FAINT = '#d6dae0';

/** Text for an element or an attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A coordinate, short. */
export function place(x: number): string {
  return String(Number(x.toFixed(2)));
}

/** A label of an axis or a curve. */
export function label(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${place(x)}" y="${place(y)}" fill="${TEXT}" ${attributes}>${escaped(text)}</text>`;
}

export function straight(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" stroke="${colour}"/>`;
}

/** 10⁻³ */
export function powerOfTen(exponent: number): string {
  return `10${String(exponent).replace(/./g, (sign) => SUPERSCRIPTS[sign] ?? sign)}`;
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  ...{ '-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹' },
};
