import { spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY } from '../../lib/files/atomic.js';
import type { Random } from '../../lib/random.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { inFolder } from './folder.js';
import { numberIn, withFolder } from './numbered.js';
import { type SaveResult, Saver } from './saver.js';
import type { Scenario } from './scenario.js';
import { type Call, follow, straceMissing } from './strace.js';

/** Numbers of 4 bytes in a checkpoint, which takes some 4 pages. */
const SIZE = 3000;
const PAGE = 4096;

/** The name of a file that is not renamed yet. */
const UNFINISHED = /\.eqprop-[0-9a-f]{24}\.tmp/;

const ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EFBIG'];

/** One fault of one save, and what must be found afterwards. */
interface Attempt {
  readonly what: string;
  /** Saves the third checkpoint with the fault; undefined where the fault did not come. */
  carryOut(dir: string, trace: string): Promise<{ result: SaveResult; inspected: string[] } | undefined>;
}

interface Expected {
  /** Whether the process lives on, and whether the save fails. */
  readonly ends: 'saved' | 'fails' | 'killed';
  readonly newest: number;
  /** How many newer ones cannot be read. */
  readonly damaged?: number;
}

/** What is wrong after a save with a fault. */
async function inspect(dir: string, result: SaveResult, { ends, newest, damaged = 0 }: Expected): Promise<string[]> {
  const wrong: string[] = [];
  const temporaries = async () => (await readdir(dir)).filter((name) => TEMPORARY.test(name));
  const ended = result === undefined ? 'killed' : result.code === undefined ? 'saved' : 'fails';
  if (ended !== ends) wrong.push(`it ${ended} instead of ${ends}: ${JSON.stringify(result)}`);
  if (ended === 'fails' && (result?.name !== 'DataError' || result.code !== 'ERR_FILE')) {
    wrong.push(`the error is ${result?.name} ${result?.code}: ${result?.message}`);
  }
  if (ended !== 'killed' && (await temporaries()).length > 0) wrong.push('a temporary file is left');
  await readCheckpoint(join(dir, 'checkpoint-00000002.safetensors')).catch((error) => {
    wrong.push(`the previous checkpoint is not intact: ${error.message}`);
  });
  const found = await withFolder(dir, numberIn);
  if (found.number !== newest) wrong.push(`the newest is ${found.number} instead of ${newest}`);
  if (found.damaged.length !== damaged) wrong.push(`${found.damaged.length} are damaged instead of ${damaged}`);
  if ((await temporaries()).length > 0) wrong.push('a temporary file outlives the next start');
  return wrong;
}

/** A call of one of the two threads that a save calls the system on. */
interface CallOfSave extends Call {
  readonly thread: 'writer' | 'pid';
}

/** Node's pool does all but closing, which the package does on JavaScript's own thread. */
const ONLY = { writer: undefined, pid: 'close' };

/** The calls of a save without faults, on the folder alone: the pool's, then the other thread's, each in their order. */
async function callsOfSave(dir: string, trace: string): Promise<CallOfSave[]> {
  await mkdir(dir);
  const saver = await Saver.start(dir, SIZE);
  const threads = ['writer', 'pid'] as const;
  const followed = await Promise.all(
    threads.map((thread) => follow(saver[thread], `${trace}-${thread}`, { only: ONLY[thread] })),
  );
  const result = await saver.save();
  await saver.end();
  const wrong = await inspect(dir, result, { ends: 'saved', newest: 3 });
  if (wrong.length > 0) throw new Error(`a save without faults failed: ${wrong.join('; ')}`);
  const calls = await Promise.all(
    followed.map(async (all, i) => (await all()).map((call) => ({ ...call, thread: threads[i] }))),
  );
  return calls.flat().filter(({ line }) => line.includes(dir));
}

/** @param fault as strace's inject takes it */
function faultAt(call: CallOfSave, fault: string, expected: Expected): Attempt {
  const { name, occurrence, line, thread } = call;
  return {
    what: `${fault} at ${line.slice(0, 100)}`,
    async carryOut(dir, trace) {
      const saver = await Saver.start(dir, SIZE);
      const inject = `${name}:${fault}:when=${occurrence}`;
      const calls = await follow(saver[thread], trace, { only: ONLY[thread], inject });
      const result = await saver.save();
      await saver.end();
      const ours = (await calls()).find((made) => made.name === name && made.occurrence === occurrence);
      // Where a call of the event loop's own was hit instead, a process may die of it.
      const isHit =
        (result === undefined && expected.ends === 'killed') ||
        (ours?.line.includes(dir) && ours.line.includes('INJECTED'));
      return isHit ? { result, inspected: await inspect(dir, result, expected) } : undefined;
    },
  };
}

/** Every fault of every call. What comes before the rename leaves the previous one, what comes after it the new one; and a
 * folder with one file too many is no reason for a save to fail. */
function faultsOf(calls: readonly CallOfSave[]): Attempt[] {
  const renamed = calls.findIndex(({ name }) => name.startsWith('rename'));
  return calls.flatMap((call, i) => {
    const isLate = call.thread === 'writer' ? i > renamed : !UNFINISHED.test(call.line);
    const newest = isLate ? 3 : 2;
    const isTidyingUp = call.line.includes('checkpoint-00000001');
    const fails: Expected = isTidyingUp ? { ends: 'saved', newest } : { ends: 'fails', newest };
    return [
      ...ERRORS.map((error) => faultAt(call, `error=${error}`, fails)),
      faultAt(call, 'signal=KILL', { ends: 'killed', newest }),
      // A disk that says it has written what it has not: the next start finds out.
      ...(call.name === 'write' ? [faultAt(call, 'retval=7', { ends: 'saved', newest: 2, damaged: 1 })] : []),
    ];
  });
}

/** A file that must not grow beyond so many bytes: the write that meets the limit is short, the next one fails. */
function limitAt(bytes: number): Attempt {
  return {
    what: `a limit of ${bytes} bytes a file`,
    async carryOut(dir) {
      const saver = await Saver.start(dir, SIZE);
      spawnSync('prlimit', ['--pid', String(saver.pid), `--fsize=${bytes}`]);
      const result = await saver.save();
      await saver.end();
      return { result, inspected: await inspect(dir, result, { ends: 'fails', newest: 2 }) };
    },
  };
}

/** A disk that has room for so many pages of the third checkpoint, each of so many bytes. */
function diskWith(pages: number, bytes: number): Attempt {
  return {
    what: `a disk with room for ${pages} pages`,
    async carryOut(dir) {
      const size = (2 * Math.ceil(bytes / PAGE) + pages) * PAGE;
      const mount = `mount -t tmpfs -o size=${size} tmpfs "${dir}" && exec "$0" "$@"`;
      const saver = await Saver.start(dir, SIZE, ['unshare', '-m', 'sh', '-c', mount]);
      const result = await saver.save();
      await saver.close();
      const inside = join('/proc', String(saver.pid), 'root', dir);
      const inspected = await inspect(inside, result, { ends: 'fails', newest: 2 });
      await saver.end();
      return { result, inspected };
    },
  };
}

function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'true']).status === 0;
}

async function attempt({ what, carryOut }: Attempt, dir: string, trace: string): Promise<string[]> {
  for (let tries = 0; tries < 3; tries++) {
    await mkdir(dir);
    const outcome = await carryOut(dir, trace);
    await rm(dir, { recursive: true });
    if (outcome) return outcome.inspected.map((wrong) => `${what}: ${wrong}`);
  }
  return [`${what}: the fault did not come, three times`];
}

export const syscalls: Scenario = {
  what: 'each system call of a save × errors, short and lost writes, SIGKILL: the previous checkpoint stays, errors surface',
  rounds: Number.POSITIVE_INFINITY,
  quick: 3,
  unavailable: straceMissing,
  run: (rounds, random) =>
    inFolder(async (root) => {
      const [dir, trace] = [join(root, 'checkpoints'), join(root, 'trace')];
      const calls = await callsOfSave(dir, trace);
      const [name] = await readdir(dir);
      const { size: bytes } = await stat(join(dir, name));
      await rm(dir, { recursive: true });
      const faults = faultsOf(calls);
      const limits = [0, 1, 7, 8, 9, 287, 288, 289, 4096, 8192, bytes - 400, bytes - 300].map(limitAt);
      const disks = canMount() ? [0, 1, 2, 3].map((pages) => diskWith(pages, bytes)) : [];
      const all = [...faults, ...limits, ...disks];
      const chosen = rounds < all.length ? pick(all, rounds, random) : all;
      const failures: string[] = [];
      for (const each of chosen) failures.push(...(await attempt(each, dir, trace)));
      const figures = { calls: calls.length, faults: chosen.length, limits: limits.length, fullDisks: disks.length };
      return { failures, figures };
    }),
};

function pick<T>(all: readonly T[], count: number, random: Random): T[] {
  return [...random.permutation(all.length).subarray(0, count)].map((i) => all[i]);
}
