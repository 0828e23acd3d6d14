import { expect } from 'chai';
import { Random } from '../../lib/random.js';
import { scenarios } from './scenarios.js';

describe('a little torture', () => {
  for (const [name, { what, quick, unavailable, run }] of Object.entries(scenarios)) {
    const missing = unavailable?.();
    if (missing !== undefined) console.warn(`    ${name} does not run here: ${missing}`);
    else {
      it(`${name}: ${what}`, async function () {
        this.timeout(60_000);
        expect((await run(quick, new Random(1))).failures).to.deep.equal([]);
      });
    }
  }
});
