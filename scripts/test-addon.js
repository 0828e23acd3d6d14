// Runs the test suite, or another command, with an addon that sanitizers watch:
// `node scripts/test-addon.js SANITIZERS [command...]`, SANITIZERS being address,undefined or thread. The addon stands in a
// folder of its own, and child processes load it too. A report ends the process that it is about with an exit code that
// no test expects.

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');
const [sanitizers, ...given] = process.argv.slice(2);
if (!/^(address,undefined|thread)$/.test(sanitizers ?? '')) {
  console.error('which sanitizers? npm run test:addon -- address,undefined, or thread');
  process.exit(2);
}
const folder = join(root, 'build', `addon-${sanitizers.replace(',', '-')}`);

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (status !== 0) {
    if (signal) console.error(`${command} was ended by ${signal}`);
    process.exit(status || 1);
  }
}

/** Where the compiler keeps a sanitizer's runtime: Node is not linked with it, so it must be loaded first. */
function runtime(name) {
  return spawnSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim();
}

// node-gyp-build looks into FOLDER/build.
const compiler = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js');
run(process.execPath, [compiler, 'compile', '--out', join(folder, 'build'), `--CDSANITIZE=${sanitizers}`]);

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
  // Memory that cannot be had is an error that tests ask for, not a report. A small quarantine: some tests measure memory.
  env.ASAN_OPTIONS = 'detect_leaks=1 exitcode=66 allocator_may_return_null=1 quarantine_size_mb=16';
  env.UBSAN_OPTIONS = 'print_stacktrace=1';
}
run(command[0], command.slice(1), env);
