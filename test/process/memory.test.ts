import { expect } from 'chai';
import { memoryOf } from '../../bench/resident.js';
import { slack } from '../slack.js';

describe('the memory of a training', () => {
  it('stays what it is from step 200 to step 2000', function () {
    this.timeout(120_000);
    const { peak, growth } = memoryOf({ case: 'paper-1', batch: 20, steps: 2000, engine: { engine: 'native' } });
    // A leak of three kilobytes a step would show; what Node itself takes and gives back is below.
    expect(growth, `${growth} bytes`).to.be.below(slack(5e6));
    expect(peak, `${peak} bytes`).to.be.within(1e6, slack(40e6));
  });
});
