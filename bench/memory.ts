/** What a training keeps in memory, each in a process of its own: the only way to tell one from another. */

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cases, modelOf, randomImages, trainingOf } from './cases.js';

interface Asked {
  readonly case: string;
  readonly batch: number;
  readonly steps: number;
  readonly engine: { engine: 'native' | 'javascript'; isa?: string; threads?: number };
}

export interface Memory {
  /** Resident bytes at the most, above those before the model was made. */
  readonly peak: number;
  /** Resident bytes at the end above those after a tenth of the steps. */
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
  const tenth = randomImages(batch * Math.min(100, Math.ceil(steps / 10)), 1);
  const resident = () => {
    global.gc?.();
    return process.memoryUsage.rss();
  };
  const before = resident();
  const model = modelOf(benchCase, engine);
  let [done, early] = [0, Number.NaN];
  while (done < steps) {
    await model.fit(tenth, { ...trainingOf(benchCase), epochs: 1, batchSize: batch });
    done += tenth.count / batch;
    if (Number.isNaN(early) && done >= steps / 10) early = resident();
  }
  const growth = resident() - early;
  return { peak: (await mostResident()) - before, growth };
}

/** In bytes. What getrusage says of a child process begins with its parent's; Linux's own account does not. */
async function mostResident(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [undefined, process.resourceUsage().maxRSS];
  return 1024 * Number(kilobytes);
}

if (require.main === module) {
  measure(JSON.parse(process.argv[2])).then((memory) => process.stdout.write(JSON.stringify(memory)));
}
