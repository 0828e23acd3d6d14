/** JSON that is not to be trusted: counted before `JSON.parse` makes anything of it, and searched for what that does not
 * tell. */

import { describe } from '../check.js';
import { decodeUtf8, type TextError } from './utf8.js';

/** What JSON may hold at the most. Its length bounds what its texts take, but not this: V8 needs up to 60 bytes for an
 * object of two characters, and some 250 for a key of three that no other object has. */
export interface JsonLimits {
  /** Objects and arrays in each other. */
  readonly levels: number;
  /** Texts, numbers, objects and arrays together. */
  readonly values: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The value of JSON, given as text or in UTF-8. Throws what `error` makes if it is none, is above the limits, or has an
 * object with a key twice. */
export function parseJson(json: string | Uint8Array, limits: JsonLimits, error: TextError): unknown {
  const text = typeof json === 'string' ? json : decodeUtf8(json, error);
  checkJsonSize(text, limits, error);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw error('is not JSON', cause);
  }
  const key = duplicateKey(text);
  if (key !== undefined) throw error(`has the key ${describe(key)} twice`);
  return value;
}

/** Throws what `error` makes if a text is above the limits. It takes no memory, whatever the text. */
export function checkJsonSize(text: string, { levels, values }: JsonLimits, error: TextError): void {
  let level = 0;
  let count = 1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at) - 1;
    else if (char === COMMA) count++;
    else if (char === CLOSE || char === CLOSE_ARRAY) level--;
    else if (char === OPEN || char === OPEN_ARRAY) {
      count++;
      if (++level > levels) throw error(`is JSON nested deeper than ${levels} levels`);
    }
    if (count > values) throw error(`is JSON of more than ${values} values`);
  }
}

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
