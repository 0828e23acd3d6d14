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

/** Operations in float32 a second that an instruction set could do at most here and now. */
export function peakOf({ isa, threads }: { isa: string; threads: number }): number {
  const addon = loadAddon();
  return addon instanceof Error || isa === 'none' ? Number.NaN : addon.peak(isa, threads, PEAK_SECONDS);
}

const PEAK_SECONDS = 0.03;
