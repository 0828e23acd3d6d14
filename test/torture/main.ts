/** `npm run torture -- NAME`: all rounds of one attack, or of all. */

import { Command } from 'commander';
import { wholeNumber } from '../../lib/cli/options.js';
import { Random } from '../../lib/random.js';
import type { Scenario } from './scenario.js';
import { scenarios } from './scenarios.js';

interface Options {
  rounds?: number;
  seed: number;
}

async function attack(name: string, scenario: Scenario, { rounds, seed }: Options): Promise<boolean> {
  const missing = scenario.unavailable?.();
  if (missing !== undefined) {
    console.error(`${name} cannot run here: ${missing}`);
    return false;
  }
  console.error(`${name}: ${scenario.what}`);
  const started = performance.now();
  const { failures, figures } = await scenario.run(rounds ?? scenario.rounds, new Random(seed));
  const seconds = Math.round((performance.now() - started) / 1000);
  for (const failure of failures) console.error(`  ${failure}`);
  console.log(JSON.stringify({ name, ...figures, failures: failures.length, seconds, seed }));
  return failures.length === 0;
}

async function main(): Promise<void> {
  const lines = Object.entries(scenarios).map(([name, { what }]) => `  ${name.padEnd(14)}${what}`);
  const program = new Command('torture')
    .description(
      'Attacks what docs/reliability.md promises; one JSON object a line, exit code 1 where a promise broke.',
    )
    .argument('<names...>', `of ${Object.keys(scenarios).join(', ')}, or all`)
    .option('--rounds <n>', 'instead of those that the promise is stated for', wholeNumber('--rounds', 1))
    .option('--seed <n>', 'where to attack', wholeNumber('--seed', 0), 0)
    .addHelpText('after', `\n${lines.join('\n')}`)
    .parse();
  const names = program.args.includes('all') ? Object.keys(scenarios) : program.args;
  for (const name of names) {
    const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
    if (!scenario)
      program.error(`there is no attack '${name}': choose of ${Object.keys(scenarios).join(', ')}, or all`);
    else if (!(await attack(name, scenario, program.opts<Options>()))) process.exitCode = 1;
  }
}

main();
