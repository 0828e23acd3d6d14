// Fuzzes the C++ core with libFuzzer, under the address and undefined-behaviour sanitizers:
// `node scripts/fuzz.js TARGET [--seconds N]`, or `all` for each in turn. What is new goes to build/fuzz/found/TARGET; a crash
// is written beside it. native/fuzz/README.md says more.

const { spawnSync } = require('node:child_process');
const { mkdirSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const root = join(__dirname, '..');
const build = join('build', 'fuzz');
const corpora = join('native', 'fuzz', 'corpus');
const targets = readdirSync(join(root, corpora));
const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '60' } },
  allowPositionals: true,
});
const asked = positionals[0] === 'all' ? targets : positionals;
if (asked.length === 0 || !asked.every((name) => targets.includes(name)) || !(values.seconds > 0)) {
  console.error(`npm run fuzz -- TARGET [--seconds N], TARGET being of ${targets.join(', ')}, or all`);
  process.exit(2);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`${command} could not be run: ${error.message}`);
  if (status !== 0) process.exit(1);
}

const compiler = ['clang++-14', 'clang++'].find((name) => spawnSync(name, ['--version']).status === 0);
if (!compiler) {
  console.error('clang++ with libFuzzer is not installed: apt-get install clang-14 libclang-rt-14-dev');
  process.exit(1);
}
const settings = [`-DCMAKE_CXX_COMPILER=${compiler}`, '-DSANITIZE=fuzzer-no-link,address,undefined'];
run('cmake', ['-S', '.', '-B', build, ...settings]);
for (const name of asked) run('cmake', ['--build', build, '--parallel', '2', '--target', `fuzz_${name}`]);
for (const name of asked) {
  const found = join(build, 'found', name);
  mkdirSync(join(root, found), { recursive: true });
  run(join(build, `fuzz_${name}`), [
    `-max_total_time=${values.seconds}`,
    '-max_len=512', // decisions, not data: see choices.h
    '-timeout=10',
    '-rss_limit_mb=1024',
    '-malloc_limit_mb=64',
    `-artifact_prefix=${found}-`,
    '-print_final_stats=1',
    found,
    join(corpora, name),
  ]);
}
