import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../lib/random.js';
import { attempt } from '../malformed/attempt.js';
import { type Bytes, bytesOf, type Format } from '../malformed/format.js';
import { formats } from '../malformed/formats.js';
import { mutate } from '../malformed/mutate.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

/** So many failures of a format are enough to know it. */
const ENOUGH = 5;
/** Bytes of files that are not worth their time. */
const LARGE = 2 ** 15;

/** Mutates files of a format: those that are read, what lies within them, and malformed ones. Counts what was refused. */
async function attackFormat(name: string, format: Format, rounds: number, random: Random) {
  const { file, valid, within, malformed } = format;
  const all = await Promise.all([...valid, ...malformed.map(([, bytes]) => bytes)].map(bytesOf));
  const seeds = all.filter(({ length }, i) => i < valid.length || (length > 0 && length < LARGE));
  const mutated = (): Bytes => {
    if (within && random.below(2)) return within.wrap(mutate(within.sound, seeds, random).subarray(0, LARGE));
    return mutate(seeds[random.below(random.below(4) ? valid.length : seeds.length)], seeds, random);
  };
  const failures: string[] = [];
  let refused = 0;
  await inFolder(async (dir) => {
    const path = join(dir, file);
    for (let round = 0; round < rounds && failures.length < ENOUGH; round++) {
      const bytes = await bytesOf(mutated());
      await writeFile(path, bytes);
      const { error, broken } = await attempt(format, path, bytes.length);
      if (error !== undefined) refused++;
      if (broken !== undefined)
        failures.push(`${name}, round ${round}: ${broken}: ${Buffer.from(bytes).toString('base64')}`);
    }
  });
  return { failures, refused };
}

export const files: Scenario = {
  what: 'files of every format with bits flipped, pieces moved and numbers replaced: read, or a typed error, in bounded memory',
  rounds: 10_000,
  quick: 40,
  async run(rounds, random) {
    const failures: string[] = [];
    const figures: Record<string, number> = { formats: Object.keys(formats).length, mutations: rounds };
    const polluted = Object.getOwnPropertyNames(Object.prototype).length;
    for (const [name, format] of Object.entries(formats)) {
      const outcome = await attackFormat(name, format, rounds, random);
      failures.push(...outcome.failures);
      figures[`refused ${name}`] = outcome.refused;
    }
    if (Object.getOwnPropertyNames(Object.prototype).length !== polluted) failures.push('Object.prototype was changed');
    return { failures, figures };
  },
};
