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
type Disk = typeof import('../../lib/files/disk.js');
const disk: { -readonly [K in keyof Disk]: (...args: never[]) => unknown } = require('../../lib/files/disk.js');

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
  const { open, fsync, mkdir } = disk as Disk;
  const noted: string[] = [];
  const paths = new Map<number, unknown>();
  disk.open = async (...args: Parameters<Disk['open']>) => {
    const descriptor = await open(...args);
    paths.set(descriptor, args[0]);
    return descriptor;
  };
  disk.fsync = async (descriptor: number) => {
    await fsync(descriptor);
    noted.push(`synced ${paths.get(descriptor)}`);
  };
  disk.mkdir = async (path: string, ...rest: []) => {
    const made = await mkdir(path, ...rest);
    noted.push(`made ${path}`);
    return made;
  };
  try {
    await work();
  } finally {
    Object.assign(disk, { open, fsync, mkdir });
  }
  return noted;
}
