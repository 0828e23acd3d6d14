/** What a terminal would obey, or show on another line or in another order. */
const NOT_PRINTABLE = /[^\x20-\x7e\u00a1-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ufefe\uff00-\uffff]/g;

/** Text from anywhere, for one line of a terminal, and no more than so many characters of it. */
export function printable(text: string, most = 500): string {
  const shown = text.slice(0, most).replace(NOT_PRINTABLE, '\ufffd');
  return text.length > most ? `${shown}…` : shown;
}
