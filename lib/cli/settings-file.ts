/** Settings of a training in a YAML file. */

import { describe } from '../check.js';
import { DataError } from '../errors.js';
import { readBytes, withFile } from '../files/input.js';
import { decodeUtf8 } from '../files/utf8.js';
import { printable } from '../printable.js';

/** Bytes; what a person writes is far below. */
const LARGEST = 65_536;

/** Whether an argument names such a file. */
export function isSettingsFile(argument: string): boolean {
  return /\.ya?ml$/i.test(argument);
}

/**
 * The settings by name, as they stand there. Aliases, several documents and tags but those of texts and numbers are refused:
 * settings need none, and a few lines of aliases can stand for more than the memory holds.
 * @throws DataError if the file cannot be read, is larger than any settings or no map in YAML
 */
export async function readSettingsFile(path: string): Promise<ReadonlyMap<string, unknown>> {
  const bad = (why: string, cause?: unknown) =>
    new DataError('ERR_DATA', `'${path}' does not hold settings: ${printable(why)}`, { cause });
  const bytes = await withFile(path, async (file) => {
    if (file.size <= LARGEST) return readBytes(file, 0, file.size);
    throw bad(`it has ${file.size} bytes, above the limit of ${LARGEST}`);
  });
  const text = decodeUtf8(bytes, (why, cause) => bad(`it ${why}`, cause));
  const settings = await parse(text).catch((cause: Error) => {
    throw bad(inWords(cause.message), cause);
  });
  if (!(settings instanceof Map)) throw bad('it must be a map, such as hidden: [500, 500] on a line of its own');
  for (const name of settings.keys()) {
    if (typeof name !== 'string') throw bad(`its keys must be texts, but ${describe(name)} is one`);
  }
  return settings;
}

async function parse(text: string): Promise<unknown> {
  const { parseDocument } = await import('yaml'); // only where there is such a file
  const document = parseDocument(text, {
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: true,
    logLevel: 'error',
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw problem;
  return document.toJS({ mapAsMap: true, maxAliasCount: 0 }); // maps, as a key of an object may be its prototype
}

/** The parser's first line: those below show the place. It runs out of stack where brackets lie in brackets. */
function inWords(message: string): string {
  if (message.startsWith('Maximum call stack')) return 'it is nested too deeply';
  return message.split('\n', 1)[0].replace(/[:.]$/, '');
}
