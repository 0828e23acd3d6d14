import { availableParallelism } from 'node:os';
import { checkChoice, checkInteger } from '../check.js';
import { ArgumentError, EngineError } from '../errors.js';
import { type Addon, loadAddon } from './addon.js';
import { type Engine, type NativePrecision, PRECISIONS } from './engine.js';
import { MOST_THREADS, numberOf } from './environment.js';
import { javascriptEngine } from './javascript.js';
import { nativeEngine } from './native.js';
import { limitThreads } from './thread-limit.js';

/** Who computes, and how. What is left open is taken from the environment (`EQPROP_ENGINE`, `EQPROP_ISA`,
 * `EQPROP_PRECISION`, `EQPROP_THREADS`), and without that is the best that runs here. */
export interface EngineOptions {
  /** Default: `native` where the addon runs, else `javascript`, with a warning. */
  engine?: 'native' | 'javascript' | undefined;
  /** The instruction set of the native engine: avx512, avx2, neon or baseline. */
  isa?: string | undefined;
  /**
   * What the native engine computes the products between free layers in while states settle. All else, the clamped layers'
   * drive, energies, gradients and updates, is float32 with each.
   *
   * - `float32`: the default where AMX is not granted.
   * - `splitBf16`: each number as the sum of two in bf16, three products, summed in float32; nearly as exact as float32, and
   *   the default where AMX is granted.
   * - `bf16`: states and weights rounded to 8 significant bits; `model.audit` shows what becomes of the gradient.
   *
   * Where no instructions know bf16, those of float32 carry it out, to the same states up to the order of sums.
   */
  precision?: NativePrecision | undefined;
  /** Threads of the native engine, at most; the results do not depend on their number. All models together have no more than
   * `threadLimit()`. */
  threads?: number | undefined;
}

export const ENGINES = ['native', 'javascript'] as const;
/** Every instruction set that the native engine is compiled for, somewhere. */
export const INSTRUCTION_SETS = ['avx512', 'avx2', 'neon', 'baseline'] as const;

let warned = false;

/**
 * The engine that options and environment ask for.
 * @throws ArgumentError for an unknown engine, instruction set or precision, or a number of threads that is none
 * @throws EngineError for what does not run here
 */
export function chooseEngine(options: EngineOptions = {}): Engine {
  const { EQPROP_ENGINE, EQPROP_ISA, EQPROP_PRECISION, EQPROP_THREADS } = process.env;
  const [engineSource, engine] = pick('engine', options.engine, 'EQPROP_ENGINE', EQPROP_ENGINE);
  const [isaSource, isa] = pick('isa', options.isa, 'EQPROP_ISA', EQPROP_ISA);
  const [precisionSource, precisionGiven] = pick(
    'precision',
    options.precision,
    'EQPROP_PRECISION',
    EQPROP_PRECISION as NativePrecision | undefined,
  );
  const [threadsSource, threadsGiven] = pick('threads', options.threads, 'EQPROP_THREADS', numberOf(EQPROP_THREADS));
  if (engine !== undefined) checkChoice(engineSource, engine, ENGINES);
  if (isa !== undefined) checkChoice(isaSource, isa, INSTRUCTION_SETS);
  if (precisionGiven !== undefined) checkChoice(precisionSource, precisionGiven, PRECISIONS);
  const threads = checkInteger(threadsSource, threadsGiven ?? availableParallelism(), 1, MOST_THREADS);

  if (engine === 'javascript') {
    if (options.isa !== undefined) throw leftOut('isa', 'has no instruction set', options.isa);
    if (options.precision !== undefined) throw leftOut('precision', 'computes in float64', options.precision);
    return javascriptEngine;
  }
  const addon = loadAddon();
  if (addon instanceof Error) {
    if (engine === 'native' || isa !== undefined || precisionGiven !== undefined)
      throw new EngineError(withoutAddon(addon), 'ERR_ENGINE', { cause: addon });
    warnOnce(addon);
    return javascriptEngine;
  }
  limitThreads(addon);
  const runs = chooseIsa(addon, isaSource, isa);
  const precision = precisionGiven ?? (addon.bf16Instructions()[runs] === 'amx' ? 'splitBf16' : 'float32');
  return nativeEngine(addon, runs, precision, threads);
}

function leftOut(option: string, why: string, given: string): ArgumentError {
  return new ArgumentError(`${option} must be left out, as the javascript engine ${why}, but '${given}' was given`);
}

/** What an option is called and its value: the option's own, or the environment's. */
function pick<T>(
  option: string,
  given: T | undefined,
  variable: string,
  fallback: T | undefined,
): [string, T | undefined] {
  return given === undefined && fallback !== undefined && fallback !== '' ? [variable, fallback] : [option, given];
}

function chooseIsa(addon: Addon, source: string, isa: string | undefined): string {
  const available = addon.instructionSets();
  if (isa === undefined) return available[0];
  if (available.includes(isa)) return isa;
  throw new EngineError(
    `${source} must be an instruction set that runs here (${available.join(', ')}), but '${isa}' was given`,
  );
}

function withoutAddon(cause: Error): string {
  return (
    'the native engine is not built for this machine: run `npm rebuild eqprop` where Node and a C++ compiler are ' +
    `installed, or use engine 'javascript' (${cause.message.split('\n')[0]})`
  );
}

function warnOnce(cause: Error): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    'the native engine is not built for this machine, so the javascript engine computes, tens of times more slowly',
    {
      code: 'EQPROP_NO_ADDON',
      detail: `Install a C++ compiler and run \`npm rebuild eqprop\`; engine: 'javascript' silences this. (${cause.message.split('\n')[0]})`,
    },
  );
}
