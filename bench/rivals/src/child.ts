/** A contender in a process of its own, so that no contender's threads, heap or settings meet another's. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { decode, type ErrorAnswer, encode, type Request } from './wire.js';

export class Child {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #said = '';

  /** @param name for messages @param environment what is added to this process's own */
  constructor(name: string, command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.#name = name;
    this.#process = spawn(command, args, { env: { ...process.env, ...environment }, stdio: 'pipe' });
    const { stdin, stdout, stderr } = this.#process;
    if (!stdin || !stdout || !stderr) throw new Error(`the process of ${name} has no streams`);
    this.#process.on('error', (error) => {
      this.#said += error.message;
    });
    stdin.on('error', () => {}); // it ended early: asking it tells
    stderr.on('data', (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-2000);
    });
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Asks; rejects with what the process said if it fails or ends. */
  async ask<Answer>(request: Request): Promise<Answer> {
    this.#process.stdin?.write(`${encode(request)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`${this.#name} ended at '${request.ask}': ${this.#said.trim() || 'it said nothing'}`);
    const answer = decode(value) as Answer | ErrorAnswer;
    if (typeof answer === 'object' && answer !== null && 'error' in answer) {
      throw new Error(`${this.#name} failed at '${request.ask}': ${answer.error}`);
    }
    return answer as Answer;
  }

  /** Lets it end, and waits for that. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#process.stdin?.end();
    await once(this.#process, 'exit');
  }
}
