import { ArgumentError } from '../lib/index.js';

/** Runs a program of this folder. What its options complain of is one sentence, and exit status 2. */
export async function run(main: () => unknown): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
