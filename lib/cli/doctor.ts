import type { Command } from 'commander';
import { openDataset } from '../data/open.js';
import { loadAddon } from '../engine/addon.js';
import type { EngineFacts, Precision } from '../engine/engine.js';
import { threadLimit } from '../engine/thread-limit.js';
import { addJsonOption, engineOf } from './options.js';
import { formatCount, formatEngine, printJson, printLine } from './output.js';
import { version } from './version.js';

const HELP = `
Examples:
  eqprop doctor
  EQPROP_ISA=avx2 eqprop doctor --json`;

/** `eqprop doctor` */
export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .summary('what runs here, and what is missing')
    .description(
      'Prints the engine that would run, its instruction set and threads, versions, and which data sets are there; ' +
        'and for what is missing, what to do about it.',
    );
  addJsonOption(command).addHelpText('after', HELP).action(doctor);
}

async function doctor(options: { json?: true }): Promise<void> {
  const addon = inspectAddon();
  // Without an addon the choice warns; here the report says so itself.
  const quiet = !addon.loads && !process.env.EQPROP_ENGINE && !process.env.EQPROP_ISA;
  const { engine } = engineOf(quiet ? { engine: 'javascript' } : {});
  const report = {
    eqprop: version,
    node: process.versions.node,
    platform: process.platform,
    arch: process.arch,
    napi: Number(process.versions.napi),
    engine: engine.name,
    isa: engine.isa,
    precision: engine.precision,
    threads: engine.threads,
    threadLimit: threadLimit(),
    addon,
    datasets: { mnist: await inspectDataset('mnist'), 'fashion-mnist': await inspectDataset('fashion-mnist') },
  };
  if (options.json) printJson(report);
  else for (const [what, finding] of describe(report)) printLine(`${what.padEnd(18)}${finding}`, options);
}

type AddonReport =
  | {
      loads: true;
      instructionSets: string[];
      /** By instruction set: what carries the precisions in bf16. */
      bf16: Record<string, string>;
    }
  | { loads: false; reason: string; advice: string };

function inspectAddon(): AddonReport {
  const addon = loadAddon();
  if (!(addon instanceof Error)) {
    return { loads: true, instructionSets: addon.instructionSets(), bf16: addon.bf16Instructions() };
  }
  return {
    loads: false,
    reason: addon.message.split('\n')[0],
    advice: 'install a C++ compiler, Python and make, then run `npm rebuild eqprop`',
  };
}

type DatasetReport = { found: true; train: number; test: number } | { found: false; reason: string };

async function inspectDataset(name: string): Promise<DatasetReport> {
  try {
    const { train, test } = await openDataset(name);
    return { found: true, train: train.count, test: test.count };
  } catch (error) {
    return { found: false, reason: (error as Error).message };
  }
}

interface Report {
  eqprop: string;
  node: string;
  platform: string;
  arch: string;
  napi: number;
  engine: EngineFacts['name'];
  isa: string;
  precision: Precision;
  threads: number;
  /** How many threads all models of a process may have together. */
  threadLimit: number;
  addon: AddonReport;
  datasets: Record<string, DatasetReport>;
}

/** What carries bf16 with the instruction set that was chosen. */
function bf16Of({ bf16 }: { bf16: Record<string, string> }, isa: string): string {
  if (bf16[isa] === undefined) return 'not on the javascript engine';
  return bf16[isa] === 'emulated' ? `${isa} has no instructions for it: emulated in float32` : `by ${bf16[isa]}`;
}

/** The report as lines of two columns. */
function describe(report: Report): [string, string][] {
  const { addon } = report;
  const alone = addon.loads
    ? ''
    : ': nothing but JavaScript runs here, tens of times more slowly than the native engine';
  return [
    ['eqprop', report.eqprop],
    ['node', `${report.node} (${report.platform} ${report.arch}, Node-API ${report.napi})`],
    ['engine', formatEngine({ ...report, name: report.engine }) + alone],
    ['thread limit', `${report.threadLimit} of all models together`],
    ['instruction sets', addon.loads ? `${addon.instructionSets.join(', ')}; chosen: ${report.isa}` : 'none'],
    ['bf16', addon.loads ? bf16Of(addon, report.isa) : 'none'],
    ['addon', addon.loads ? 'loads' : `does not load (${addon.reason}): ${addon.advice}`],
    ...Object.entries(report.datasets).map(([name, found]): [string, string] => [
      name,
      found.found ? `${formatCount(found.train)} examples to train, ${formatCount(found.test)} to test` : found.reason,
    ]),
  ];
}
