import { appendFile, lstat, mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, DataError } from '../errors.js';
import { writeFileAtomic } from '../files/atomic.js';
import { asFileError, readBytes, withFile } from '../files/input.js';
import type { EpochRecord } from '../training/history.js';

const MODEL_FILE = 'model.safetensors';
const SETTINGS_FILE = 'settings.json';
const HISTORY_FILE = 'history.jsonl';

/** What settings.json says of itself: a model may lie beside another program's file of that name. */
const FORMAT = 'eqprop-run-1';

/** Where a training leaves its model, its history and the settings that it ran with. */
export class RunFolder {
  readonly path: string;
  readonly modelPath: string;

  private constructor(path: string) {
    this.path = path;
    this.modelPath = join(path, MODEL_FILE);
  }

  /**
   * Makes the folder, with its settings and a history without epochs.
   * @throws ArgumentError if a file of that name is there already; DataError if the folder cannot be written
   */
  static async create(path: string, settings: object): Promise<RunFolder> {
    const run = new RunFolder(path);
    for (const name of [MODEL_FILE, HISTORY_FILE, SETTINGS_FILE]) {
      if (!(await isThere(join(path, name)))) continue;
      throw new ArgumentError(`--run must name a folder without a run, but '${path}' holds a ${name} already`);
    }
    await mkdir(path, { recursive: true }).catch((error) => {
      throw asFileError('write', path, error);
    });
    await writeFileAtomic(
      join(path, SETTINGS_FILE),
      Buffer.from(`${JSON.stringify({ format: FORMAT, ...settings }, null, 2)}\n`),
    );
    await writeFileAtomic(join(path, HISTORY_FILE), []);
    return run;
  }

  /** Adds an epoch's line to the history. */
  async append(record: EpochRecord): Promise<void> {
    const path = join(this.path, HISTORY_FILE);
    await appendFile(path, `${JSON.stringify(record)}\n`).catch((error) => {
      throw asFileError('write', path, error);
    });
  }
}

/** What a data set is called in reports and names of folders: its name, or its folder's. */
export function nameOfData(data: string): string {
  return basename(resolve(data)) || 'data';
}

/** A folder for a run that was not told where: `runs/<data>-<preset>-<time>`. */
export function defaultRunPath(data: string, preset: string): string {
  const time = new Date().toISOString().slice(0, -1).replace(/[:.]/g, '-');
  return join('runs', `${nameOfData(data)}-${preset}-${time}`);
}

/** The model's file that a run folder or the file itself stands for. */
export async function modelPathOf(runOrModel: string): Promise<string> {
  const stats = await stat(runOrModel).catch(() => undefined);
  return stats?.isDirectory() ? join(runOrModel, MODEL_FILE) : runOrModel;
}

/**
 * What the run that a model comes from multiplied the bytes of its data by; undefined where no run's settings lie beside
 * the model.
 * @throws DataError if they do, but cannot be read
 */
export async function scaleOfRun(modelPath: string): Promise<number | undefined> {
  const path = join(dirname(modelPath), SETTINGS_FILE);
  if (!(await isThere(path))) return undefined;
  const bytes = await withFile(path, (file) => readBytes(file, 0, file.size));
  const text = new TextDecoder().decode(bytes);
  const bad = (why: string, cause?: unknown) =>
    new DataError('ERR_DATA', `'${path}' does not hold the settings of a run: ${why}`, { cause });
  let settings: { format?: unknown; scale?: unknown } | null;
  try {
    settings = JSON.parse(text);
  } catch (cause) {
    throw bad('it is not JSON', cause);
  }
  if (settings?.format !== FORMAT) return undefined;
  const { scale } = settings;
  if (typeof scale === 'number' && scale > 0 && scale <= 1) return scale;
  throw bad(`its scale is ${JSON.stringify(scale)} instead of a number above 0 and at most 1`);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}
