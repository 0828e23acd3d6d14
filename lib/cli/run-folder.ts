import { basename, dirname, join, resolve } from 'node:path';
import { SCALES } from '../data/dataset.js';
import { ArgumentError, DataError } from '../errors.js';
import { appendToFile } from '../files/append.js';
import { removeTemporaries, writeFileAtomic } from '../files/atomic.js';
import { lstat, stat } from '../files/disk.js';
import { makeFolder } from '../files/folder.js';
import { asFileError, readBytes, withFile } from '../files/input.js';
import { type JsonLimits, parseJson } from '../files/json.js';
import type { Model } from '../model.js';
import { printable } from '../printable.js';
import { FolderLock } from '../training/folder-lock.js';
import type { EpochRecord } from '../training/history.js';

const MODEL_FILE = 'model.safetensors';
const SETTINGS_FILE = 'settings.json';
const HISTORY_FILE = 'history.jsonl';
const CHECKPOINTS = 'checkpoints';

/** Bytes of settings.json; what is written is far below. */
const LARGEST_SETTINGS = 1 << 20;
const LIMITS: JsonLimits = { levels: 8, values: 2 ** 16 };

/** What settings.json says of itself: a model may lie beside another program's file of that name. */
const FORMAT = 'eqprop-run-1';

/** Where a training leaves its model, its history and the settings that it ran with. */
export class RunFolder {
  readonly path: string;
  readonly modelPath: string;
  /** The folder of its training's checkpoints. */
  readonly checkpoints: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
    this.modelPath = join(path, MODEL_FILE);
    this.checkpoints = join(path, CHECKPOINTS);
  }

  /**
   * Makes the folder, for its owner only, with its settings and a history without epochs. It is this training's alone until it
   * is closed.
   * @throws ArgumentError if it holds a run already; DataError if it cannot be written, or is a symbolic link; StateError if
   * another training has it
   */
  static async create(path: string, settings: object): Promise<RunFolder> {
    await makeFolder(path).catch((error) => {
      throw asFileError('write', path, error);
    });
    return RunFolder.#open(path, async (run) => {
      for (const name of [MODEL_FILE, HISTORY_FILE, SETTINGS_FILE, CHECKPOINTS]) {
        if (!(await isThere(join(path, name)))) continue;
        throw new ArgumentError(
          `--run must name a folder without a run unless --resume is given, but '${path}' holds a ${name} already`,
        );
      }
      await run.writeSettings(settings);
      await run.writeHistory([]);
    });
  }

  /**
   * The folder of a run that goes on, without what a process that died has left half-written; likewise.
   * @throws DataError if it cannot be written, or is a symbolic link; StateError if another training has it
   */
  static reopen(path: string): Promise<RunFolder> {
    return RunFolder.#open(path, () => removeTemporaries(path));
  }

  static async #open(path: string, prepare: (run: RunFolder) => Promise<void>): Promise<RunFolder> {
    let lock: FolderLock | undefined;
    try {
      lock = await FolderLock.take(path);
      const run = new RunFolder(path, lock);
      await prepare(run);
      return run;
    } catch (error) {
      await lock?.release();
      throw asFileError('write', path, error);
    }
  }

  /** Lets another training have it. */
  close(): Promise<void> {
    return this.#lock.release();
  }

  /** Writes the settings, which of a run that goes on may have changed where they may: once it does go on. */
  writeSettings(settings: object): Promise<void> {
    const text = `${JSON.stringify({ format: FORMAT, ...settings }, null, 2)}\n`;
    return this.#write(() => writeFileAtomic(join(this.path, SETTINGS_FILE), Buffer.from(text)));
  }

  /** Writes the history anew: a process that died may have added an epoch that its last checkpoint does not know, or half a
   * line. */
  writeHistory(history: readonly EpochRecord[]): Promise<void> {
    const text = history.map(lineOf).join('');
    return this.#write(() => writeFileAtomic(join(this.path, HISTORY_FILE), Buffer.from(text)));
  }

  /** Adds an epoch's line to the history, and brings it to the disk. */
  append(record: EpochRecord): Promise<void> {
    return this.#write(() => appendToFile(join(this.path, HISTORY_FILE), lineOf(record)));
  }

  /** Writes the model as it is now. */
  saveModel(model: Model): Promise<void> {
    return this.#write(() => model.save(this.modelPath));
  }

  /** Nothing is written to a folder that has taken this one's name. */
  async #write(work: () => Promise<void>): Promise<void> {
    await this.#lock.check().catch((error) => {
      throw asFileError('write', this.path, error);
    });
    await work();
  }
}

function lineOf(record: EpochRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** What the settings.json of a run says; only its form has been checked. */
export interface RunSettings {
  readonly dataset: string;
  /** The data's name, or the path of its folder. */
  readonly data: string;
  /** What was asked of it, by option. */
  readonly options: ReadonlyMap<string, unknown>;
  /** The options that choose the engine it ran on. */
  readonly engine: ReadonlyMap<string, unknown>;
  /** All that it was. */
  readonly settings: ReadonlyMap<string, unknown>;
}

/** A run to go on with. */
export interface PastRun extends RunSettings {
  readonly path: string;
  readonly settingsPath: string;
}

/**
 * The run in a folder.
 * @throws DataError if there is none, or its settings cannot be used
 */
export async function readRun(path: string): Promise<PastRun> {
  const settingsPath = join(path, SETTINGS_FILE);
  if (!(await isThere(settingsPath))) {
    throw new DataError('ERR_FILE', `there is no run to go on with in '${path}': it holds no ${SETTINGS_FILE}`);
  }
  return { path, settingsPath, ...(await readRunSettings(settingsPath)) };
}

/**
 * What a settings.json says of its run.
 * @throws DataError if it cannot be read, or is none
 */
export async function readRunSettings(path: string): Promise<RunSettings> {
  const bad = (why: string) => wrongSettings(path, why);
  const json = await readSettings(path);
  if (typeof json !== 'object' || json === null) throw bad('it is no object');
  const settings = new Map<string, unknown>(Object.entries(json));
  if (settings.get('format') !== FORMAT) throw bad(`its format is not '${FORMAT}'`);
  const textOf = (key: string): string => {
    const text = settings.get(key);
    if (typeof text === 'string' && text !== '') return text;
    throw bad(`its ${key} is not a text`);
  };
  const options = settings.get('options');
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw bad('its options are no object');
  const engine = new Map<string, unknown>([['engine', textOf('engine')]]);
  if (engine.get('engine') === 'native') for (const key of ['isa', 'precision']) engine.set(key, textOf(key));
  return {
    dataset: textOf('dataset'),
    data: textOf('data'),
    options: new Map(Object.entries(options)),
    engine,
    settings,
  };
}

async function readSettings(path: string): Promise<unknown> {
  const bytes = await withFile(path, (file) => {
    if (file.size <= LARGEST_SETTINGS) return readBytes(file, 0, file.size);
    throw wrongSettings(path, `it has ${file.size} bytes, above the limit of ${LARGEST_SETTINGS}`);
  });
  return parseJson(bytes, LIMITS, (why, cause) => wrongSettings(path, `it ${why}`, cause));
}

function wrongSettings(path: string, why: string, cause?: unknown): DataError {
  return new DataError('ERR_DATA', `'${path}' does not hold the settings of a run: ${printable(why)}`, { cause });
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

/** What a run made inputs of the numbers of its data with. */
export interface RunScale {
  readonly scale: number;
  /** Whether all were multiplied by it; in settings of earlier versions it is what bytes above 1 were. */
  readonly isOfAll: boolean;
  /** Whether somebody said so, of whatever the data are. */
  readonly isGiven: boolean;
}

/**
 * What the run that a model comes from multiplied the numbers of its data by; undefined where no run's settings lie beside
 * the model.
 * @throws DataError if they do, but cannot be read
 */
export async function scaleOfRun(modelPath: string): Promise<RunScale | undefined> {
  const path = join(dirname(modelPath), SETTINGS_FILE);
  if (!(await isThere(path))) return undefined;
  const settings = (await readSettings(path)) as Partial<
    Record<'format' | 'scale' | 'inputScale' | 'options', unknown>
  > | null;
  if (settings?.format !== FORMAT) return undefined; // another program's
  const key = settings.inputScale === undefined ? 'scale' : 'inputScale';
  const scale = settings[key];
  const isGiven = (settings.options as { scale?: unknown } | null | undefined)?.scale !== undefined;
  const [least, most] = isGiven ? SCALES : [Number.MIN_VALUE, 1];
  if (typeof scale === 'number' && scale >= least && scale <= most)
    return { scale, isOfAll: key === 'inputScale', isGiven };
  const wanted = isGiven ? `a number from ${least} to ${most}` : 'a number above 0 and at most 1';
  throw wrongSettings(path, `its ${key} is ${JSON.stringify(scale)} instead of ${wanted}`);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}
