// Builds the C++ core without Node and runs its tests: `node scripts/test-native.js [how]`, where `how` is sanitizers,
// such as address,undefined or thread, or arm64: cross-compiled and emulated (Debian: g++-aarch64-linux-gnu
// qemu-user-static).

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const root = join(__dirname, '..');
const how = process.argv[2] ?? '';
const build = join('build', how ? `core-${how.replace(/\W/g, '-')}` : 'core');
const settings =
  how === 'arm64'
    ? [
        '-DCMAKE_SYSTEM_NAME=Linux',
        '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
        '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
        '-DCMAKE_EXE_LINKER_FLAGS=-static',
        '-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64-static',
      ]
    : [`-DSANITIZE=${how}`];

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (status !== 0) process.exit(1);
}

run('cmake', ['-S', '.', '-B', build, ...settings]);
run('cmake', ['--build', build, '--parallel', '2']);
// Sanitizers add symbols of their own; other processors have other files.
if (how === '' && process.platform === 'linux' && process.arch === 'x64') {
  run(process.execPath, [join('scripts', 'check-kernels.js'), build]);
}
const test = ['ctest', '--test-dir', build, '--output-on-failure'];
// The thread sanitizer of older compilers does not bear a randomised address space.
if (how.includes('thread')) test.unshift('setarch', '-R');
run(test[0], test.slice(1));
