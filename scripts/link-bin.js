// Runs after TypeScript was compiled: lets `npx eqprop` find the command of the clone itself, as an installed package's
// would be found. Without the link (no permission, no symbolic links) npx takes a longer way to the same end.

const { chmodSync, mkdirSync, rmSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');

const bin = join(__dirname, '..', 'node_modules', '.bin');
try {
  chmodSync(join(__dirname, '..', 'dist', 'lib', 'cli', 'main.js'), 0o755);
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'eqprop'), { force: true });
  symlinkSync(join('..', '..', 'dist', 'lib', 'cli', 'main.js'), join(bin, 'eqprop'));
} catch (error) {
  console.error(`eqprop: npx will take the long way, as its link could not be made (${error.message})`);
}
