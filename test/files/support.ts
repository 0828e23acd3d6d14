/** What the tests of files and data sets share. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EqpropError } from '../../lib/errors.js';

/** Gives each test of a suite a new folder; the function returned joins names to its path. */
export function temporaryFolder(): (...names: string[]) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eqprop-test-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (...names) => join(folder, ...names);
}

/** The module itself, whose functions can be replaced. */
const fs: { -readonly [K in keyof typeof import('node:fs/promises')]: typeof import('node:fs/promises')[K] } =
  require('node:fs/promises');

type ErrorClass = abstract new (...args: never[]) => EqpropError;

/** Calls `action`, which must throw or reject with an error of that class and code whose sentence holds all of `parts`.
 * Returns the error. */
export async function expectError(
  action: () => unknown,
  type: ErrorClass,
  code: string,
  ...parts: string[]
): Promise<EqpropError> {
  let thrown: unknown;
  try {
    await action();
  } catch (error) {
    thrown = error;
  }
  if (!(thrown instanceof EqpropError))
    throw new Error(`an EqpropError was expected, not ${thrown}`, { cause: thrown });
  expect(thrown).to.be.instanceOf(type);
  expect(thrown.code, thrown.message).to.equal(code);
  for (const part of parts) expect(thrown.message).to.include(part);
  return thrown;
}

/** What becomes of folders and files during some work, in its order: `made PATH` and `synced PATH`. */
export async function notedDuring(work: () => Promise<unknown>): Promise<string[]> {
  const { open, mkdir } = fs;
  const noted: string[] = [];
  fs.open = async (path, ...rest) => {
    const handle = await open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      noted.push(`synced ${path}`);
    };
    return handle;
  };
  fs.mkdir = (async (path: string, ...rest: []) => {
    const made = await mkdir(path, ...rest);
    noted.push(`made ${path}`);
    return made;
  }) as typeof mkdir;
  try {
    await work();
  } finally {
    Object.assign(fs, { open, mkdir });
  }
  return noted;
}
