// Runs the tests on a processor that is not here: `node scripts/test-emulated.js CPU [test files]`, CPU being Nehalem (SSE
// alone), Haswell (AVX2) or another that qemu knows. Child processes escape to the real one, so that mocha runs in this one,
// and files that test child processes, or how fast the processor is, are left out by default. A process for each file: should
// the emulator itself go under, the others go on.

const { spawnSync } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const [cpu, ...given] = process.argv.slice(2);
if (!cpu) {
  console.error('which processor? npm run test:emulated -- Nehalem, or Haswell');
  process.exit(2);
}
const emulator = 'qemu-x86_64-static';
if (spawnSync(emulator, ['--version']).error) {
  console.error(`${emulator} is not installed: apt-get install qemu-user-static`);
  process.exit(1);
}

/** Where nearly all that is tested happens in another process, or is the processor's speed. */
const ELSEWHERE = /^(bench|cli|examples|process|torture)\/|^engine\/tiles/;
const all = readdirSync(join(root, 'dist', 'test'), { recursive: true }).filter((name) => name.endsWith('.test.js'));
const files = given.length ? given : all.filter((name) => !ELSEWHERE.test(name)).map((name) => join('dist/test', name));

// Not mocha's own command, which starts another process.
const mocha = join(root, 'node_modules', 'mocha', 'lib', 'cli', 'cli.js');
const options = ['--no-config', '--require', './dist/test/slack.js', '--timeout', '20000', '--reporter', 'dot'];
const env = { EQPROP_TEST_SLACK: '50', ...process.env };

/** How a file's tests end: undefined if all pass. */
function failureOf(file) {
  const command = ['-cpu', cpu, process.execPath, '--enable-source-maps', mocha, ...options, file];
  const io = { encoding: 'utf8', stdio: ['ignore', 'inherit', 'pipe'] };
  const { status, signal, stderr } = spawnSync(emulator, command, { cwd: root, env, ...io });
  process.stderr.write(stderr.replace(/^.*warning: TCG doesn't support.*\n/gm, '')); // features that nobody misses
  if (signal) return `ended by ${signal}`; // SIGILL: an instruction that the processor lacks
  return status === 0 ? undefined : `exit code ${status}`;
}

const failures = files.flatMap((file) => {
  console.log(`\n${cpu}: ${file}`);
  const failure = failureOf(file);
  return failure ? [`${file}: ${failure}`] : [];
});
console.log(`\n${cpu}: ${files.length - failures.length} of ${files.length} files pass`);
for (const failure of failures) console.error(failure);
process.exit(failures.length > 0 ? 1 : 0);
