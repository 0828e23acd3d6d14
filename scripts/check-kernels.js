// What an instruction set's object file may hold: `node scripts/check-kernels.js FOLDER` looks at those that were built there.
// It exports its table and nothing else, as the linker keeps one copy of an inline function, and it could be the one
// with instructions that an old processor lacks; and nothing of it runs when the addon is loaded.

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

/** What each exports. */
const EXPORTS = {
  avx2: ['eqprop::avx2Kernels'],
  avx512: ['eqprop::avx512Kernels'],
  avx512bf16: ['eqprop::avx512Bf16'],
  amx: ['eqprop::amxKernels()', 'eqprop::requestTiles()'],
};

function read(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  console.error(`${command} could not be run: ${error?.message ?? stderr}`);
  process.exit(1);
}

const folder = join(process.argv[2], 'CMakeFiles', 'eqprop_core.dir', 'native', 'kernels');
for (const [name, expected] of Object.entries(EXPORTS)) {
  const object = join(folder, `${name}.cc.o`);
  const lines = read('nm', ['--defined-only', '--extern-only', '--demangle', object]).trim().split('\n');
  const found = lines.map((line) => line.replace(/^\S+ \S /, '')).sort();
  if (found.join() !== expected.join()) {
    console.error(`${object} must export ${expected.join(', ')} alone, but exports ${found.join(', ')}`);
    process.exitCode = 1;
  }
  const sections = read('objdump', ['--section-headers', object]);
  if (!/\.(init_array|ctors|preinit_array)/.test(sections)) continue;
  console.error(`${object} must do nothing when it is loaded, but has a static constructor`);
  process.exitCode = 1;
}
