/** What `JSON.parse` does not tell. */

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The first key that an object of `text` holds twice, where `JSON.parse` silently keeps the last; undefined if there
 * is none. `text` must be valid JSON: parse it first. */
export function duplicateKey(text: string): string | undefined {
  const objects: Set<string>[] = []; // the keys so far of the objects around `at`
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === OPEN) objects.push(new Set());
    else if (char === CLOSE) objects.pop();
    if (char !== QUOTE) continue;

    const end = endOfString(text, at);
    if (isFollowedByColon(text, end)) {
      const key: string = JSON.parse(text.slice(at, end)); // "a" and "\u0061" are one key
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
    at = end - 1;
  }
  return undefined;
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function isFollowedByColon(text: string, at: number): boolean {
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === COLON;
}
