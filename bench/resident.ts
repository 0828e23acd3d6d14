/** What a training keeps in memory, each in a process of its own: the only way to tell one from another. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { EngineOptions } from '../lib/engine/choose.js';
import { cases, modelOf, TIMED, trainingOf } from './cases.js';
import { noise } from './images.js';

interface Asked {
  readonly case: string;
  readonly batch: number;
  readonly steps: number;
  readonly engine: EngineOptions;
}

export interface Memory {
  /** Resident bytes at the most, above those before the model was made, with an engine's own copy of at most 100 batches of data. */
  readonly peak: number;
  /** Resident bytes after the last step above those after a tenth of the steps: below 0 where some were given back. */
  readonly growth: number;
}

/** Trains so many steps elsewhere, and tells of the memory that it took. */
export function memoryOf(asked: Asked): Memory {
  const said = execFileSync(process.execPath, ['--expose-gc', __filename, JSON.stringify(asked)], { encoding: 'utf8' });
  return JSON.parse(said);
}

async function measure({ case: name, batch, steps, engine }: Asked): Promise<Memory> {
  const benchCase = cases.find((c) => c.name === name);
  if (!benchCase) throw new Error(`there is no case ${name}`);
  const batches = Math.min(100, Math.ceil(steps / 10));
  const epochs = Math.ceil(steps / batches);
  const data = noise(batch * batches, 1);
  const resident = () => {
    global.gc?.();
    return process.memoryUsage.rss();
  };
  // What is loaded and compiled once is there before: a small network has trained the same way.
  const small = { ...benchCase, sizes: benchCase.sizes.map((size, k) => (k === 0 || size === 10 ? size : 4)) };
  const first = modelOf(small, engine);
  await first.fit(data, { ...trainingOf(small, TIMED), epochs: 1, batchSize: batch });
  first.dispose();
  const before = resident();
  const model = modelOf(benchCase, engine);
  let early = Number.NaN;
  const onEpochEnd = ({ epoch }: { epoch: number }) => {
    if (epoch === Math.ceil(epochs / 10)) early = resident();
  };
  await model.fit(data, { ...trainingOf(benchCase, TIMED), epochs, batchSize: batch, onEpochEnd });
  const growth = resident() - early;
  return { peak: mostResident() - before, growth };
}

/** Resident bytes of this process at the most. */
function mostResident(): number {
  // On Linux `maxRSS` begins with what the parent had when it made this process.
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

if (require.main === module) {
  measure(JSON.parse(process.argv[2])).then((memory) => process.stdout.write(JSON.stringify(memory)));
}
