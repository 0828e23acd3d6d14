import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TEMPORARY } from '../../lib/files/atomic.js';
import type { Random } from '../../lib/random.js';
import { inFolder } from './folder.js';
import { numberIn, withFolder } from './numbered.js';
import type { Scenario } from './scenario.js';

const CHILD = join(__dirname, 'children', 'save-loop.js');

/** Milliseconds in which a child saves a few times; and in which it has just started. */
const SAVING = 25;
const STARTING = 120;

/** Kills a child that saves in a loop; returns the last save that it acknowledged, 0 where it did none. */
async function killOne(dir: string, random: Random): Promise<{ acknowledged: number; complaints: string }> {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complaints] = ['', ''];
  const begun = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      resolve();
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const closed = once(child, 'close');
  if (random.below(10) === 0) await delay(STARTING * random.uniform());
  else {
    await Promise.race([begun, closed]);
    await delay(SAVING * random.uniform());
  }
  child.kill('SIGKILL');
  await closed;
  const whole = said.slice(0, said.lastIndexOf('\n') + 1).trimEnd();
  return { acknowledged: Number(whole.split('\n').at(-1)), complaints };
}

export const kill: Scenario = {
  what: 'SIGKILL at random moments of a process that saves: none unreadable, no acknowledged save lost',
  rounds: 1000,
  quick: 6,
  run: (rounds, random) =>
    inFolder(async (dir) => {
      const failures: string[] = [];
      let [last, halfWritten] = [0, 0];
      for (let round = 1; round <= rounds; round++) {
        const { acknowledged, complaints } = await killOne(dir, random);
        last = Math.max(last, acknowledged);
        if (complaints) failures.push(`round ${round}: ${complaints.trim()}`);
        const temporaries = async () => (await readdir(dir)).filter((name) => TEMPORARY.test(name)).length;
        if ((await temporaries()) > 0) halfWritten++;
        const { number, damaged } = await withFolder(dir, async (folder) => {
          if ((await temporaries()) > 0) failures.push(`round ${round}: a temporary file is left`);
          return numberIn(folder);
        });
        failures.push(...damaged.map((sentence) => `round ${round}: ${sentence}`));
        if (last > 0 && !(number !== undefined && number >= last)) {
          failures.push(`round ${round}: save ${last} was acknowledged, but ${number} is the newest`);
        }
        last = Math.max(last, number ?? 0);
        if (round % 100 === 0) console.error(`  ${round} kills, ${last} saves, ${failures.length} failures`);
      }
      return { failures, figures: { kills: rounds, saves: last, halfWritten } };
    }),
};
