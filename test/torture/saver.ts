import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CHILD = join(__dirname, 'children', 'one-save.js');

/** How a save went: with the error's class, code and sentence where it failed, undefined where the process died of it. */
export type SaveResult = { name?: string; code?: string; message?: string } | undefined;

/** A process that has saved two numbered checkpoints in a folder and waits to save a third. All it writes to the disk it
 * writes from one thread. */
export class Saver {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  /** The thread that writes. */
  writer = 0;

  private constructor(child: ChildProcess, lines: AsyncIterable<string>) {
    this.#child = child;
    this.#lines = lines[Symbol.asyncIterator]();
    this.#closed = once(child, 'close');
  }

  /** @param within a command that runs another one, which follows it */
  static async start(dir: string, size: number, within: readonly string[] = []): Promise<Saver> {
    const [command, ...args] = [...within, process.execPath, CHILD, dir, String(size)];
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {}); // it may be dead
    const saver = new Saver(child, createInterface({ input: child.stdout }));
    const { writers } = JSON.parse((await saver.#line()) ?? '{"writers":[]}');
    if (writers.length !== 1) throw new Error(`the saver must have one thread that writes, not ${writers.length}`);
    saver.writer = Number(writers[0]);
    return saver;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async save(): Promise<SaveResult> {
    this.#child.stdin?.write('save\n');
    const line = await this.#line();
    return line === undefined ? undefined : JSON.parse(line);
  }

  /** Lets others open the folder while the process, and what it sees of the disk, is still there. */
  async close(): Promise<void> {
    this.#child.stdin?.write('close\n');
    await this.#line();
  }

  async end(): Promise<void> {
    this.#child.stdin?.end('end\n');
    await this.#closed;
  }

  async #line(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }
}
