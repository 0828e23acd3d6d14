// Format and lint of the C++ sources: `node scripts/lint-native.js [--write]`. Needs clang-format and cppcheck.

const { spawnSync } = require('node:child_process');
const { readdirSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const sources = readdirSync(join(root, 'native'), { recursive: true })
  .filter((name) => /\.(cc|h)$/.test(name))
  .map((name) => join('native', name));

function first(names) {
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found) return found;
  console.error(`${names.at(-1)} is not installed: apt-get install clang-format-14 cppcheck`);
  process.exit(1);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

const write = process.argv.includes('--write');
run(first(['clang-format-14', 'clang-format']), [...(write ? ['-i'] : ['--dry-run', '-Werror']), ...sources]);
run(first(['cppcheck']), [
  '--enable=warning,performance,portability',
  '--std=c++17',
  '--language=c++',
  '--inline-suppr',
  '--suppress=missingInclude',
  '--suppress=unknownMacro',
  '--error-exitcode=1',
  '--quiet',
  '-DEQ_X86_64=1',
  '-Inative',
  ...sources.filter((name) => name.endsWith('.cc')),
]);
