/** Fields of one line of a CSV file. */

const ZERO = 0x30;
const NINE = 0x39;

/** Whole numbers of so few digits are read digit by digit, and exactly. */
const FEW_DIGITS = 9;

const NUMBER = /^ *("?) *([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?) *\1 *$/;

/** The longest text of a number. */
const LONGEST_NUMBER = 64;

/** The number that a field says, in decimal notation, with spaces or quotes around it; undefined if it is none. It may be
 * infinite, where it is too large. */
export function numberIn(field: Uint8Array): number | undefined {
  if (field.length > 0 && field.length <= FEW_DIGITS) {
    let number = 0;
    let at = 0;
    for (; at < field.length; at++) {
      const digit = field[at];
      if (digit < ZERO || digit > NINE) break;
      number = 10 * number + digit - ZERO;
    }
    if (at === field.length) return number;
  }
  if (field.length > LONGEST_NUMBER) return undefined;
  const text = NUMBER.exec(Buffer.from(field).toString('latin1'))?.[2];
  return text === undefined ? undefined : Number(text);
}

/** The fields of a line as text, without spaces and quotes around them; undefined if a quote is not closed. */
export function fieldsOf(line: Uint8Array, separator: number): string[] | undefined {
  const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8');
  const fields: string[] = [];
  const sign = String.fromCharCode(separator);
  for (let at = 0; at <= text.length; at++) {
    const begin = at;
    if (/^ *"/.test(text.slice(at, at + 256))) {
      at = endOfQuote(text, text.indexOf('"', at) + 1);
      if (at < 0) return undefined;
    }
    const end = text.indexOf(sign, at);
    at = end < 0 ? text.length : end;
    fields.push(unquoted(text.slice(begin, at).trim()));
  }
  return fields;
}

/** The index of the quote that closes what begins at `at`; two quotes are one within. −1 if there is none. */
function endOfQuote(text: string, at: number): number {
  let end = text.indexOf('"', at);
  while (end >= 0 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end;
}

function unquoted(field: string): string {
  return /^".*"$/s.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field;
}
