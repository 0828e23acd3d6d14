import { expect } from 'chai';
import { Reference } from '../../bench/accuracy.js';
import { cases } from '../../bench/cases.js';
import { greatest } from '../../bench/outcome.js';

describe('the accuracy that the benchmark tells', () => {
  it('is that of float32, and of bf16, on a gradient that is more than rounding errors', async () => {
    const [paper1] = cases;
    const reference = await Reference.of(paper1);
    const largest = Math.max(...Object.values(reference.gradient).map((g) => greatest(g, new Float64Array(g.length))));
    expect(largest).to.be.within(1e-3, 1);
    const float32 = await reference.compare({ engine: 'native', precision: 'float32' });
    expect(float32.states).to.be.within(1e-9, 1e-5);
    expect(float32.cosine).to.be.within(0.9999, 1 + 1e-9);
    const bf16 = await reference.compare({ engine: 'native', precision: 'bf16' });
    expect(bf16.states).to.be.within(10 * float32.states, 0.1);
    expect(1 - bf16.cosine).to.be.above(1 - float32.cosine);
  });
});
