#!/usr/bin/env node
/** The command `eqprop`. Exits with 0, with 1 if it failed, or with 2 for wrong usage; then one sentence says why. */

import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import { ArgumentError } from '../errors.js';
import { printable } from '../printable.js';
import { addAuditCommand } from './audit.js';
import { addDoctorCommand } from './doctor.js';
import { addEvaluateCommand } from './evaluate.js';
import { addPredictCommand } from './predict.js';
import { addTrainCommand } from './train.js';
import { version } from './version.js';

const HELP = `
Exit status: 0; 1 if it failed; 2 for wrong usage. One sentence on standard error says why.

Examples:
  eqprop train mnist --preset paper-1 --run runs/first
  eqprop evaluate runs/first mnist
  eqprop audit runs/first mnist
  eqprop doctor`;

function buildProgram(): Command {
  const program = new Command('eqprop')
    .description('Equilibrium propagation: energy-based networks that learn without back-propagation.')
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} }) // `report` prints it, like every other error
    .addHelpText('after', HELP);
  addTrainCommand(program);
  addEvaluateCommand(program);
  addPredictCommand(program);
  addAuditCommand(program);
  addDoctorCommand(program);
  return program;
}

async function main(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  if (args.length === 0) {
    const names = program.commands.map((command) => command.name()).join(', ');
    throw new ArgumentError(`a command must be given: ${names}; 'eqprop --help' says more`);
  }
  await program.parseAsync(args, { from: 'user' });
}

/** Says what went wrong, and sets the exit code. */
function report(error: unknown): void {
  if (error instanceof CommanderError && error.exitCode === 0) return; // help or version, which is printed already
  process.exitCode = isUsage(error) ? 2 : 1;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${printable(message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' '), 2000)}\n`);
  if (process.env.EQPROP_DEBUG === '1') process.stderr.write(`${inspect(error)}\n`);
}

function isUsage(error: unknown): boolean {
  if (error instanceof CommanderError) return true;
  // All shapes come from files here: those of data and models that do not fit each other.
  return error instanceof ArgumentError && error.code !== 'ERR_SHAPE';
}

/** A reader who has seen enough, such as `head`, is no failure. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') report(error);
}

process.stdout.on('error', ignoreClosedPipe);
process.stderr.on('error', ignoreClosedPipe);
main(process.argv.slice(2)).catch(report);
