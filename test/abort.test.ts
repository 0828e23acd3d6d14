import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort } from '../lib/abort.js';
import { hopfield } from '../lib/index.js';

describe('onAbort', () => {
  it('calls all that wait, once, and none that have been taken back', () => {
    const controller = new AbortController();
    const called: number[] = [];
    const [, second] = [1, 2, 3].map((n) => onAbort(controller.signal, () => called.push(n)));
    second();
    expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
    controller.abort();
    expect(called).to.deep.equal([1, 3]);
  });

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: a hundred calls on one signal warn of no leak`, async () => {
      const warnings: Error[] = [];
      const warned = (warning: Error) => warnings.push(warning);
      process.on('warning', warned);
      const model = hopfield([2, 2], { engine });
      const { signal } = new AbortController();
      const input = Float32Array.of(0, 1);
      await Promise.all(Array.from({ length: 100 }, () => model.settle({ input, signal })));
      await new Promise(setImmediate);
      model.dispose();
      process.off('warning', warned);
      expect(warnings).to.deep.equal([]);
    });
  }
});
