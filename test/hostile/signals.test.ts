import { expect } from 'chai';
import { dataset, euler, hopfield, type Model, positive, sgd } from '../../lib/index.js';
import { SIGNALS } from './signals.js';
import { judge } from './strike.js';
import { attack } from './values.js';

const input = Float32Array.of(0, 1);
const target = Float32Array.of(1, 0);
const data = dataset({ inputs: input, shape: [2], labels: [1], classes: 2 });
const optimizer = sgd({ learningRate: [0.1, 0.1] });

/** All calls that take a signal; they settle in so many iterations. */
const calls = (
  model: Model,
  iterations: number,
): Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> => {
  const dynamics = euler({ iterations, stepSize: 1e-3 });
  const estimator = positive({ beta: 0.5, free: dynamics, nudged: dynamics });
  return {
    settle: (signal) => model.settle({ input, dynamics, signal }),
    record: (signal) => model.record({ input, dynamics: euler({ iterations: Math.min(iterations, 300) }), signal }),
    gradient: (signal) => model.gradient({ input, target, signal }, estimator),
    audit: (signal) => model.audit({ input, target, signal }, { estimators: [estimator], dynamics, steps: 0 }),
    evaluate: (signal) => model.evaluate(data, { dynamics, signal }),
    predict: (signal) => model.predict(input, { dynamics, signal }),
    readOut: (signal) => model.readOut(input, { dynamics, signal }),
    fit: (signal) => model.fit(data, { epochs: 1, batchSize: 1, estimator, optimizer, signal }),
  };
};

for (const engine of ['native', 'javascript'] as const) {
  describe(`whatever a signal is, on the ${engine} engine`, () => {
    let model: Model;
    before(() => {
      model = hopfield([2, 3, 2], { engine });
    });
    after(() => model.dispose());

    for (const name of ['settle', 'record', 'gradient', 'audit', 'evaluate', 'predict', 'readOut', 'fit']) {
      it(`${name} ends as is promised`, async () => {
        for (const { what, later, make } of SIGNALS) {
          const call = calls(model, later ? 20_000 : 3)[name];
          const broken = await judge(() => call(make(attack)));
          expect(broken, `a signal ${what}`).to.equal(undefined);
        }
      }).timeout(60_000);
    }

    it('a call that diverges leaves no rejection unheard', async () => {
      const unstable = hopfield([2, 3, 2], {
        engine,
        activation: 'linear',
        output: { activation: 'linear' },
        gain: 50,
      });
      for (const { what, later, make } of SIGNALS) {
        if (later) continue;
        const call = unstable.settle({
          input,
          dynamics: euler({ iterations: 5000, stepSize: 0.9 }),
          signal: make(attack),
        });
        const broken = await judge(() => call);
        expect(broken, `a signal ${what}`).to.equal(undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 50)); // rejections that nobody hears fail the test
      unstable.dispose();
    });

    it('what has been added to it is not asked', async () => {
      const controller = new AbortController();
      for (const key of ['aborted', 'reason', 'throwIfAborted', 'addEventListener', 'removeEventListener'] as const) {
        Object.defineProperty(controller.signal, key, { get: attack });
      }
      for (const call of Object.values(calls(model, 3))) await call(controller.signal);
      const endless = calls(model, 2 ** 31 - 1);
      const reason = new Error('enough');
      setTimeout(() => controller.abort(reason), 20);
      const ends = await Promise.allSettled(['settle', 'fit'].map((name) => endless[name](controller.signal)));
      expect(ends.map((end) => end.status === 'rejected' && end.reason)).to.deep.equal([reason, reason]);
    });

    it('an event that only looks like its end is none', async () => {
      for (const call of Object.values(calls(model, 20_000))) {
        const controller = new AbortController();
        const called = call(controller.signal);
        controller.signal.dispatchEvent(new Event('abort'));
        await called;
      }
    }).timeout(60_000);
  });
}
