// Runs the test suite, or another command, with an addon that sanitizers watch:
// `node scripts/test-addon.js SANITIZERS [command...]`, SANITIZERS being address,undefined or thread. The addon stands in a
// folder of its own, and child processes load it too. What is found ends the process that it is about in a way that no test
// expects; leaks are only told at the end, as tests watch processes that Node itself leaves without cleaning up.

const { spawnSync } = require('node:child_process');
const { mkdirSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { readReports } = require('./sanitizer-reports.js');

const root = join(__dirname, '..');
const [sanitizers, ...given] = process.argv.slice(2);
if (!/^(address,undefined|thread)$/.test(sanitizers ?? '')) {
  console.error('which sanitizers? npm run test:addon -- address,undefined, or thread');
  process.exit(2);
}
const folder = join(root, 'build', `addon-${sanitizers.replace(',', '-')}`);
const reports = join(folder, 'reports');

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (signal) console.error(`${command} was ended by ${signal}`);
  return signal ? 1 : (status ?? 1);
}

/** Where the compiler keeps a sanitizer's runtime: Node is not linked with it, so it must be loaded first. */
function runtime(name) {
  return spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
}

// node-gyp-build looks into FOLDER/build.
const compiler = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
const built = run(process.execPath, [
  compiler,
  'compile',
  '--out',
  join(folder, 'build'),
  `--CDSANITIZE=${sanitizers}`,
]);
if (built !== 0) process.exit(1);

const command = given.length ? given : [process.execPath, join(root, 'node_modules', 'mocha', 'bin', 'mocha.js')];
if (!given.length) command.push('--require', './dist/test/slack.js');
const env = { EQPROP_PREBUILD: folder, EQPROP_TEST_SLACK: '20', ...process.env };
if (sanitizers === 'thread') {
  env.LD_PRELOAD = runtime('libtsan.so');
  // Node itself is not instrumented: what happens between its own threads looks like a race to the sanitizer.
  env.TSAN_OPTIONS = 'exitcode=66 ignore_noninstrumented_modules=1';
  // The sanitizer of older compilers does not bear a randomised address space.
  command.unshift('setarch', '-R');
} else {
  env.LD_PRELOAD = `${runtime('libasan.so')}:${runtime('libubsan.so')}`;
  const log = `log_path=${join(reports, 'report')}`;
  // Memory that cannot be had is an error that tests ask for, not a report. A small quarantine: some tests measure memory.
  const memory = 'allocator_may_return_null=1 quarantine_size_mb=16';
  // An attack on allocations preloads a library that comes before.
  env.ASAN_OPTIONS = `${log} ${memory} verify_asan_link_order=0 abort_on_error=1 detect_leaks=1 exitcode=0`;
  env.UBSAN_OPTIONS = `${log} print_stacktrace=1 abort_on_error=1`;
}
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const status = run(command[0], command.slice(1), env);
const { errors, leaks, others } = readReports(reports);
for (const report of [...errors, ...leaks]) console.error(report);
if (sanitizers !== 'thread') {
  console.log(
    `${errors.length} errors, ${leaks.length} leaks of the addon's; ${others} of V8's and of other programs'`,
  );
}
process.exit(status !== 0 || errors.length + leaks.length > 0 ? 1 : 0);
