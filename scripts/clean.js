// Empties dist/ before it is compiled anew: what no source stands for any more must neither be tested nor shipped.

const { rmSync } = require('node:fs');
const { join } = require('node:path');

rmSync(join(__dirname, '..', 'dist'), { recursive: true, force: true });
