// Builds the C++ core without Node and runs its tests: `node scripts/test-native.js [sanitizers]`, where sanitizers
// are such as address,undefined or thread.

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');
const sanitize = process.argv[2] ?? '';
const build = join('build', sanitize ? `core-${sanitize.replace(/\W/g, '-')}` : 'core');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (status !== 0) process.exit(1);
}

run('cmake', ['-S', '.', '-B', build, `-DSANITIZE=${sanitize}`]);
run('cmake', ['--build', build, '--parallel', '2']);
run('ctest', ['--test-dir', build, '--output-on-failure']);
