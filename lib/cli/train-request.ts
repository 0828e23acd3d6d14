/** What `train` is asked for: by the command line, by a settings file, by the run that it goes on with, in this order. */

import type { Command, Option } from 'commander';
import { describe } from '../check.js';
import { isNameOfDataset } from '../data/open.js';
import { ArgumentError, DataError } from '../errors.js';
import { DATA_HELP, isEngineNamed } from './options.js';
import { nameOfData, type PastRun, readRun } from './run-folder.js';
import type { TrainOptions } from './settings.js';
import { isSettingsFile, readSettingsFile } from './settings-file.js';

/** They say what to do with a training, not which. */
const NO_SETTINGS = ['json', 'resume', 'run'];

export interface TrainRequest {
  readonly data: string;
  readonly options: TrainOptions;
  /** The options that were given, for the run folder. */
  readonly given: Readonly<Record<string, unknown>>;
  /** The run to go on with. */
  readonly past: PastRun | undefined;
  /** By option that comes from a file: the file, for messages. */
  readonly files: ReadonlyMap<string, string>;
}

type Values = ReadonlyMap<string, unknown>;

/** @throws ArgumentError for what is unknown, wrong or does not go together; DataError for a file that cannot be used */
export async function trainRequestOf(argument: string | undefined, command: Command): Promise<TrainRequest> {
  let data = argument;
  const files = new Map<string, string>();
  if (argument !== undefined && isSettingsFile(argument)) {
    const { data: named, run, others } = split(await readSettingsFile(argument), argument);
    data = named;
    if (run !== undefined) setUnlessGiven(command, 'run', run);
    takeOver(command, others, `'${argument}'`, files);
  }
  const { resume, run } = command.opts<TrainOptions>();
  if (!resume)
    return {
      data: checkData(data, argument),
      options: command.opts(),
      given: givenOf(command),
      past: undefined,
      files,
    };

  if (run === undefined) throw new ArgumentError('--resume must come with --run, the folder of the run to go on with');
  const past = await readRun(run);
  if (data !== undefined && !isSameData(data, past)) {
    throw new ArgumentError(
      `--resume must go on with the data of the run, ${past.dataset}, but ${describe(data)} was given`,
    );
  }
  try {
    takeOver(command, past.options, `'${past.settingsPath}'`, files);
    if (!isEngineNamed(command.opts())) takeOver(command, past.engine, `'${past.settingsPath}'`, files);
  } catch (cause) {
    throw new DataError('ERR_DATA', (cause as Error).message, { cause });
  }
  return { data: data ?? past.data, options: command.opts(), given: givenOf(command), past, files };
}

/** A folder may have moved, but one that is called mnist is not MNIST. */
function isSameData(data: string, past: PastRun): boolean {
  return nameOfData(data) === past.dataset && isNameOfDataset(data) === isNameOfDataset(past.data);
}

function checkData(data: string | undefined, settingsFile: string | undefined): string {
  if (data !== undefined) return data;
  const wanted = `${DATA_HELP}; or a settings file that names one of them`;
  const given = settingsFile === undefined ? '' : `, which '${settingsFile}' does not`;
  throw new ArgumentError(`missing required argument 'data': ${wanted}${given}`);
}

/** What a settings file says that is no option of the command line or not one of the training. */
function split(settings: Values, file: string): { data?: string; run?: string; others: Values } {
  const others = new Map(settings);
  const taken: { data?: string; run?: string } = {};
  for (const name of ['data', 'run'] as const) {
    const value = settings.get(name);
    if (!others.delete(name)) continue;
    if (typeof value !== 'string' || value === '') {
      throw new ArgumentError(
        `in '${file}', ${name} must be a text that is not empty, but ${describe(value)} was given`,
      );
    }
    taken[name] = value;
  }
  return { ...taken, others };
}

/** Reads values as if they stood on the command line. What was given before stays. */
function takeOver(command: Command, values: Values, where: string, files: Map<string, string>): void {
  const seen = new Set<string>();
  for (const [name, value] of values) {
    const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const option = settingsOf(command).find((option) => option.attributeName() === key);
    if (!option) {
      const known = settingsOf(command).map((option) => option.attributeName());
      throw new ArgumentError(
        `in ${where}, ${describe(name)} is no setting; there are data, run, ${known.join(', ')}`,
        'ERR_NAME',
      );
    }
    if (seen.has(key)) throw new ArgumentError(`in ${where}, ${key} is given twice`, 'ERR_NAME');
    seen.add(key);
    const parsed = parse(option, value, where);
    if (parsed !== undefined && setUnlessGiven(command, key, parsed)) files.set(option.name(), where);
  }
}

function settingsOf(command: Command): Option[] {
  return command.options.filter((option) => !NO_SETTINGS.includes(option.attributeName()));
}

function setUnlessGiven(command: Command, key: string, value: unknown): boolean {
  const source = command.getOptionValueSource(key);
  if (source !== undefined && source !== 'default') return false;
  command.setOptionValueWithSource(key, value, 'config');
  return true;
}

/** What `work` returns; of what it throws, options that come from a file are named as they stand there.
 * @throws ArgumentError, or DataError where it is the settings of a run that are wrong */
export function namingFiles<T>({ files, past }: Pick<TrainRequest, 'files' | 'past'>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const [start, option = ''] = /^--([a-z-]+)/.exec(error instanceof ArgumentError ? error.message : '') ?? [''];
    const where = files.get(option);
    if (where === undefined) throw error;
    const { message, code } = error as ArgumentError;
    const sentence = `in ${where}, ${option}${message.slice(start.length)}`;
    if (past && where === `'${past.settingsPath}'`) throw new DataError('ERR_DATA', sentence, { cause: error });
    throw new ArgumentError(sentence, code as 'ERR_NAME', { cause: error });
  }
}

/** The value of an option; undefined where a file says that it is not wanted. */
function parse(option: Option, value: unknown, where: string): unknown {
  const key = option.attributeName();
  const wrong = (wanted: string) =>
    new ArgumentError(`in ${where}, ${key} must be ${wanted}, but ${describe(value)} was given`);
  if (option.isBoolean()) {
    if (typeof value !== 'boolean') throw wrong('true or false');
    return value || undefined;
  }
  const parts = Array.isArray(value) ? value : [value];
  if (parts.length === 0 || !parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
    throw wrong('a number, a text or a list of them');
  }
  const text = parts.join();
  try {
    return option.parseArg ? option.parseArg(text, undefined) : text;
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new ArgumentError(
      `in ${where}, ${error.message.replace(`--${option.name()}`, key)}`,
      error.code as 'ERR_NAME',
    );
  }
}

/** The options that somebody gave, here or when the run began. */
function givenOf(command: Command): Record<string, unknown> {
  const given = settingsOf(command)
    .map((option) => option.attributeName())
    .filter((key) => !['default', undefined].includes(command.getOptionValueSource(key)));
  return Object.fromEntries(given.map((key) => [key, command.getOptionValue(key)]));
}
