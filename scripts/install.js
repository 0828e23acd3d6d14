// Runs on `npm install`: takes a prebuilt addon that fits, else builds one, else says once what is missing. It never
// fails: without an addon the javascript engine computes.

const { spawnSync } = require('node:child_process');
const { existsSync, rmSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const addon = join(root, 'build', 'Release', 'eqprop.node');
// `npx eqprop` in a clone installs the clone into npx's cache, as a link: what `npm ci` has built there is not built again.
if (process.env.npm_command === 'exec' && existsSync(addon)) process.exit();
// In a clone an addon may be left from older sources, which node-gyp-build would take for good.
if (existsSync(join(root, '.git'))) rmSync(join(root, 'build', 'Release'), { recursive: true, force: true });
const bin = require.resolve('node-gyp-build/bin.js');
const built = spawnSync(process.execPath, [bin], { cwd: root, encoding: 'utf8' });
if (built.status !== 0) {
  const said = `${built.stdout ?? ''}${built.stderr ?? ''}`.trim().split('\n');
  const tells = [/: (No such file or directory|(command )?not found)/, /Could not find|ERR! stack Error/, /error:/i];
  const reason = tells.map((pattern) => said.find((line) => pattern.test(line))).find(Boolean) ?? said.at(-1) ?? '';
  console.error(
    [
      'eqprop: the native engine could not be built, so the javascript engine will compute, tens of times more slowly.',
      `  why:  ${reason.replace(/^(gyp|npm)?\s*ERR!\s*(stack\s*)?/i, '').trim()}`,
      '  then: install a C++ compiler, make and Python 3, and run `npm rebuild eqprop` (in a clone: `npm run build:native`).',
    ].join('\n'),
  );
}
