/** What commands print: results on standard output, and with --json nothing else there. */

import type { EngineFacts } from '../engine/engine.js';

/** Prints a line for people: on standard error where standard output belongs to JSON. */
export function printLine(line: string, options: { json?: true }): void {
  (options.json ? process.stderr : process.stdout).write(`${line}\n`);
}

/** Prints the one object of --json. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function formatPercent(fraction: number | undefined): string {
  return fraction === undefined ? '–' : `${(100 * fraction).toFixed(2)} %`;
}

/** Hours, minutes and seconds. */
export function formatTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Which engine computes, in words. */
export function formatEngine({ name, isa, precision, threads }: EngineFacts): string {
  if (name === 'javascript') return 'javascript engine';
  return `native engine (${isa}, ${precision}, ${threads} ${threads === 1 ? 'thread' : 'threads'})`;
}
