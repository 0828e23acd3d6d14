/** The ways in which the native engine can compute here, and how fast it could at most. */

import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { checkChoice } from '../lib/check.js';
import { list, oneOf, wholeNumber } from '../lib/cli/options.js';
import { loadAddon } from '../lib/engine/addon.js';
import { INSTRUCTION_SETS } from '../lib/engine/choose.js';
import { type NativePrecision, PRECISIONS } from '../lib/engine/engine.js';

export interface Form {
  readonly isa: string;
  readonly precision: NativePrecision;
  readonly threads: number;
}

/** Which forms of the native engine to take. */
export interface Choice {
  /** Instruction sets; undefined: all that run here. */
  readonly isas: readonly string[] | undefined;
  /** Undefined: float32, and all where AMX carries the others. */
  readonly precisions: readonly NativePrecision[] | undefined;
  readonly threads: readonly number[];
}

/** @throws ArgumentError for an instruction set that does not run here; why the addon does not load, where it does not */
export function nativeForms({ isas, precisions, threads }: Choice): Form[] {
  const addon = loadAddon();
  if (addon instanceof Error) throw addon;
  const available = addon.instructionSets();
  for (const isa of isas ?? []) checkChoice('--isa', isa, available);
  const carried = addon.bf16Instructions();
  return available
    .filter((isa) => isas?.includes(isa) ?? true)
    .flatMap((isa) => {
      const own = precisions ?? (carried[isa] === 'amx' ? PRECISIONS : (['float32'] as const));
      return own.flatMap((precision) => threads.map((count) => ({ isa, precision, threads: count })));
    });
}

/** The options that choose forms, as a command line says them. */
export function addFormOptions(command: Command): Command {
  return command
    .option('--isa <names>', 'instruction sets (default: all that run here)', list(oneOf('--isa', INSTRUCTION_SETS)))
    .option(
      '--precision <names>',
      `of ${PRECISIONS.join(', ')} (default: float32, and all where AMX is granted)`,
      list(oneOf('--precision', PRECISIONS)),
    )
    .option(
      '--threads <numbers>',
      'threads',
      list(wholeNumber('--threads', 1)),
      availableParallelism() > 1 ? [1, 2] : [1],
    );
}

export interface FormOptions {
  isa?: string[];
  precision?: NativePrecision[];
  threads: number[];
}

export const choiceOf = ({ isa, precision, threads }: FormOptions): Choice => ({
  isas: isa,
  precisions: precision,
  threads,
});

/** Whether there is a native engine here. */
export const hasNative = () => !(loadAddon() instanceof Error);

const PEAK_SECONDS = 0.03;

/** The most operations in float32 a second that instruction sets have done in registers alone. Whatever else the machine does
 * can only make them fewer, so that the highest of many looks counts. */
export class Peaks {
  readonly #highest = new Map<string, number>();

  /** Measures once more. */
  look({ isa, threads }: PeakForm): void {
    const addon = loadAddon();
    if (addon instanceof Error || isa === 'none') return;
    const peak = addon.peak(isa, threads, PEAK_SECONDS);
    this.#highest.set(keyOf({ isa, threads }), Math.max(peak, this.of({ isa, threads }) || 0));
  }

  /** Not a number where nothing was measured. */
  of(form: PeakForm): number {
    return this.#highest.get(keyOf(form)) ?? Number.NaN;
  }
}

interface PeakForm {
  readonly isa: string;
  readonly threads: number;
}

const keyOf = ({ isa, threads }: PeakForm) => `${isa} ${threads}`;
