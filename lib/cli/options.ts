/** Options that commands share, and how the values of options are read: each parser throws one sentence. */

import type { Command } from 'commander';
import { checkChoice, checkInteger, checkNumber, checkPositive } from '../check.js';
import { checkScale } from '../data/dataset.js';
import { chooseEngine, ENGINES, type EngineOptions, INSTRUCTION_SETS } from '../engine/choose.js';
import { type Engine, PRECISIONS } from '../engine/engine.js';
import { ArgumentError, EqpropError } from '../errors.js';
import { checkRelaxation } from '../phases/fixed-point.js';
import { checkDecay, checkMomentum, type Decay } from '../training/sgd.js';

/** What every command that computes takes. */
export interface SharedOptions extends EngineOptions {
  json?: true;
}

export function addJsonOption(command: Command): Command {
  return command.option(
    '--json',
    'print one JSON object on the last line of standard output, all else on standard error',
  );
}

export function addEngineOptions(command: Command): Command {
  return command
    .option('--engine <name>', `${ENGINES.join(' or ')} (default: the fastest that runs here)`)
    .option('--isa <name>', `instruction set of the native engine: ${INSTRUCTION_SETS.join(', ')}`)
    .option('--precision <name>', `of the native engine while states settle: ${PRECISIONS.join(', ')}`)
    .option('--threads <n>', 'threads of the native engine (default: one a core)', numberIn);
}

/** What every command that reads data takes. */
export interface DataOptions {
  scale?: number;
}

export function addScaleOption(command: Command, whenAbsent: string): Command {
  const what = `what numbers of the data are multiplied by, whatever they are (default: ${whenAbsent})`;
  return command.option('--scale <x>', what, (text) => checkScale('--scale', numberIn(text)));
}

/** What DATA can be, for help texts. */
export const DATA_HELP =
  'mnist, fashion-mnist, a folder of IDX files or of train.csv and test.csv, or an .npz or .csv file (see README)';

/** The environment's word on the engine, for help texts. */
export const ENVIRONMENT_HELP = `
Environment:
  EQPROP_ENGINE, EQPROP_ISA, EQPROP_PRECISION, EQPROP_THREADS
                   stand for --engine, --isa, --precision and --threads
  EQPROP_MAX_THREADS=n
                   no more threads than that compute at once (default: one a core)
  EQPROP_DEBUG=1   print the stack of an error, too`;

/**
 * The engine that runs, and the options that make a model choose it.
 * @throws ArgumentError also for an instruction set that does not run here: it was asked for by name
 */
export function engineOf(options: SharedOptions): { engine: Engine; engineOptions: EngineOptions } {
  const { engine, isa, precision, threads } = options;
  const given = Object.entries({ engine, isa, precision, threads }).filter(([, value]) => value !== undefined);
  const engineOptions: EngineOptions = Object.fromEntries(given);
  try {
    return { engine: chooseEngine(engineOptions), engineOptions };
  } catch (error) {
    // With a cause, it is the addon that is missing.
    if (!(error instanceof EqpropError) || error.cause !== undefined) throw error;
    // The sentence begins with what it complains about: an option's name, or the environment's variable.
    const isOption = given.some(([name]) => error.message.startsWith(`${name} `));
    throw new ArgumentError(isOption ? `--${error.message}` : error.message);
  }
}

/** Whether options or environment say which engine, so that no other may take its place. */
export function isEngineNamed({ engine, isa, precision }: EngineOptions): boolean {
  const { EQPROP_ENGINE, EQPROP_ISA, EQPROP_PRECISION } = process.env;
  return Boolean(engine ?? isa ?? precision ?? (EQPROP_ENGINE || EQPROP_ISA || EQPROP_PRECISION));
}

export function wholeNumber(name: string, low: number, high?: number): (text: string) => number {
  return (text) => checkInteger(name, numberIn(text), low, high);
}

export function evenNumber(name: string): (text: string) => number {
  return (text) => {
    const number = checkInteger(name, numberIn(text), 2);
    if (number % 2 === 0) return number;
    throw new ArgumentError(`${name} must be an even number, but ${number} was given`);
  };
}

export function positiveNumber(name: string): (text: string) => number {
  return (text) => checkPositive(name, numberIn(text));
}

export function numberFromZero(name: string, high?: number): (text: string) => number {
  return (text) => checkNumber(name, numberIn(text), 0, high);
}

export const decayOf = (text: string): Decay => checkDecay('--decay', numberIn(text));

export const relaxationOf = (text: string): number => checkRelaxation('--relaxation', numberIn(text));

export const momentumOf = (text: string): number => checkMomentum('--momentum', numberIn(text));

export function oneOf<T extends string>(name: string, choices: readonly T[]): (text: string) => T {
  return (text) => checkChoice(name, text, choices);
}

/** Reads a name such as `randomSign`, also written `random-sign`. */
export function nameAmong<T extends string>(option: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const camel = text.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return oneOf(option, choices)(choices.includes(camel as T) ? (camel as T) : text);
  };
}

/** Values between commas, each read by `parse`. */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((part) => parse(part));
}

/** The number that a text is; else the text, for a check to complain about. */
function numberIn(text: string): unknown {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
