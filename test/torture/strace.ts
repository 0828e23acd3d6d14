import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** Why strace cannot be used here, undefined where it can. */
export function straceMissing(): string | undefined {
  if (process.platform !== 'linux') return 'strace runs on Linux alone';
  const { status, error } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error) return 'strace is not installed';
  return status === 0 ? undefined : 'strace may not trace here';
}

/** A system call of a thread, as strace shows it. */
export interface Call {
  readonly name: string;
  /** Which of those of its name it was, counted from 1. */
  readonly occurrence: number;
  readonly line: string;
}

/** What to do with the calls of a thread. */
export interface Following {
  /** The name of the calls to look at. Default: all. */
  readonly only?: string | undefined;
  /** Faults as `strace -e inject=…` takes them. */
  readonly inject?: string | undefined;
}

/** Follows one thread from now on; what it returns waits for the thread's end, and then for its calls. */
export async function follow(
  thread: number,
  output: string,
  { only, inject }: Following = {},
): Promise<() => Promise<Call[]>> {
  const faults = [
    ...(only === undefined ? [] : ['-e', `trace=${only}`]),
    ...(inject === undefined ? [] : ['-e', `inject=${inject}`]),
  ];
  const child = spawn('strace', ['-y', '-o', output, ...faults, '-p', String(thread)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  let said = '';
  const attached = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
  });
  await Promise.race([attached, closed]);
  if (!said.includes('attached')) throw new Error(`strace could not follow: ${said}`);
  return async () => {
    await closed;
    return callsIn(await readFile(output, 'utf8'));
  };
}

function callsIn(trace: string): Call[] {
  const seen = new Map<string, number>();
  return trace.split('\n').flatMap((line) => {
    const name = /^(\w+)\(/.exec(line)?.[1];
    if (name === undefined) return [];
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    return [{ name, occurrence, line }];
  });
}
