/** What the tests of the command line share. */

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Command } from 'commander';
import { addTrainCommand } from '../../lib/cli/train.js';
import { type TrainRequest, trainRequestOf } from '../../lib/cli/train-request.js';

const MAIN = join(dirname(require.resolve('eqprop/package.json')), 'dist/lib/cli/main.js');

/** How a command ended. */
export interface Ended {
  /** The exit code, or the name of the signal that killed it. */
  code: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface SpawnOptions {
  cwd?: string;
  /** Added to the environment, in which nothing else speaks to eqprop but of where its addon is. */
  env?: NodeJS.ProcessEnv;
  /** Called once the command has printed this on standard output. */
  once?: [printed: string, action: (child: ChildProcess) => void];
}

/** Runs `eqprop` with these arguments. */
export function eqprop(args: readonly string[], { cwd, env, once }: SpawnOptions = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^EQPROP_(?!PREBUILD$)/.test(name));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  let waiting = once;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.stdout += text;
    if (waiting && ended.stdout.includes(waiting[0])) {
      const [, action] = waiting;
      waiting = undefined;
      action(child);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ended.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...ended, code: code ?? signal }));
  });
}

/** Runs a command that must fail with this code, printing nothing but one line on standard error, which it returns. */
export async function expectFailure(code: number, args: readonly string[], options?: SpawnOptions): Promise<string> {
  const ended = await eqprop(args, options);
  expect(ended.code, ended.stderr).to.equal(code);
  expect(ended.stdout).to.equal('');
  expect(ended.stderr).to.match(/^[^\n]+\n$/);
  return ended.stderr.trimEnd();
}

/** Runs a command that must succeed with `--json`, and returns the object on the last line. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
export async function json(args: readonly string[], options?: SpawnOptions): Promise<any> {
  const ended = await eqprop([...args, '--json'], options);
  expect(ended.code, ended.stderr).to.equal(0);
  expect(ended.stdout).to.match(/^\{[^\n]*\}\n$/);
  return JSON.parse(ended.stdout);
}

/** What the settings.json of a run says, in short. */
export const RUN_SETTINGS = {
  format: 'eqprop-run-1',
  dataset: 'columns',
  data: '/somewhere/columns',
  engine: 'native',
  isa: 'baseline',
  precision: 'float32',
  options: { hidden: [6], epochs: 3, keepBest: true, decay: 'cosine' },
};

/** What is asked by `eqprop train` with these arguments. */
export function requestOf(...args: string[]): Promise<TrainRequest> {
  const program = new Command();
  addTrainCommand(program);
  const [command] = program.commands;
  const { operands } = command.parseOptions(args);
  return trainRequestOf(operands[0], command);
}

const SIDE = 4;

/** Writes IDX files with 40 images to train on and 20 to test with: class 0, 1 or 2 lights up that column. */
export function writeColumns(folder: string, side: number = SIDE): void {
  for (const [prefix, count] of [['train', 40] as const, ['t10k', 20] as const]) {
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7) % 3);
    const images = Uint8Array.from({ length: count * side * side }, (_, i) => {
      const isLit = i % side === labels[Math.floor(i / (side * side))];
      return (isLit ? 200 : 0) + ((i * 37) % 50);
    });
    writeFileSync(join(folder, `${prefix}-images-idx3-ubyte`), idx([count, side, side], images));
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), idx([count], labels));
  }
}

function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((side, i) => {
    header.writeUInt32BE(side, 4 + 4 * i);
  });
  return Buffer.concat([header, bytes]);
}
