/** Says so where the package above is not built: its rivals are compiled against it. */

const { existsSync } = require('node:fs');
const path = require('node:path');

if (!existsSync(path.join(__dirname, '../../dist/bench/cases.js'))) {
  console.error('eqprop is not built: run `npm ci` in the folder two above this one first.');
  process.exitCode = 1;
}
