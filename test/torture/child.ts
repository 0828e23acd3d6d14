import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** How a child process ended, and what it printed. */
export interface Ending {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a file of `children` in a process of its own, with what `settings` say as its one argument, in JSON. */
export async function runChild(
  name: string,
  settings: object,
  { env = {}, nodeOptions = [] }: { env?: Record<string, string>; nodeOptions?: string[] } = {},
): Promise<Ending> {
  const file = join(__dirname, 'children', `${name}.js`);
  const child = spawn(process.execPath, [...nodeOptions, '--enable-source-maps', file, JSON.stringify(settings)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr]: string[][] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text) => stdout.push(text));
  child.stderr.setEncoding('utf8').on('data', (text) => stderr.push(text));
  const [status, signal] = await once(child, 'close');
  return { status, signal, stdout: stdout.join('').trim(), stderr: stderr.join('').trim() };
}

/** What a child that did its work has printed on its last line, or a sentence for each way in which it did not. */
export function reportOf<T extends object>(what: string, ending: Ending): { report: Partial<T>; failures: string[] } {
  const { status, signal, stdout, stderr } = ending;
  const failures: string[] = [];
  if (status !== 0) failures.push(`${what} ended with ${signal ?? status}`);
  if (stderr !== '') failures.push(`${what} wrote to standard error: ${stderr.slice(-2000)}`);
  try {
    return { report: JSON.parse(stdout.split('\n').at(-1) ?? ''), failures };
  } catch {
    return { report: {}, failures: [...failures, `${what} reported nothing`] };
  }
}

/** In a child: its settings, and how it tells what it has found. */
export const settingsOfChild = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;
export const report = (found: object): void => console.log(JSON.stringify(found));
