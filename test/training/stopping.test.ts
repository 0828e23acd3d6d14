import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  centered,
  dataset,
  type EpochRecord,
  euler,
  type FitOptions,
  hopfield,
  type ModelOptions,
  sgd,
} from '../../lib/index.js';
import { indexOfBest } from '../../lib/training/best.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { isOutOfPatience } from '../../lib/training/early-stopping.js';
import { expectRejects, fingerprint, floats } from '../support.js';

const data = dataset({
  inputs: floats(120 * 12, 1),
  shape: [12],
  labels: Uint32Array.from({ length: 120 }, (_, i) => (i * 7) % 3),
  classes: 3,
});
const dynamics = { free: euler({ iterations: 8 }), nudged: euler({ iterations: 3 }) };
const options: FitOptions = {
  epochs: 8,
  batchSize: 16,
  estimator: centered({ beta: 0.5, ...dynamics }),
  optimizer: sgd({ learningRate: 0.5, momentum: 0.6 }),
  validation: data.slice(0, 50),
};
const network = (more: ModelOptions = {}) => hopfield([12, 20, 3], { seed: 4, threads: 1, ...more });
const metrics = (history: readonly object[]) => history.map((record) => ({ ...record, seconds: 0 }));

/** A history of these validation errors, one an epoch. */
const historyOf = (...errors: (number | undefined)[]): EpochRecord[] =>
  errors.map((error, i) => {
    const record = { epoch: i + 1, cost: 0, energy: 0, seconds: 0 };
    return error === undefined ? record : { ...record, validation: { error, cost: 1 - error, energy: 0 } };
  });

describe('early stopping', () => {
  const isOver = (patience: number, minDelta: number, ...errors: (number | undefined)[]) =>
    isOutOfPatience(historyOf(...errors), { patience, minDelta, metric: 'error' });

  it('counts the epochs since the last one that was better', () => {
    expect(isOver(1, 0)).to.equal(false);
    expect(isOver(1, 0, 0.5)).to.equal(false);
    expect(isOver(1, 0, 0.5, 0.4)).to.equal(false);
    expect(isOver(1, 0, 0.5, 0.5)).to.equal(true);
    expect(isOver(2, 0, 0.5, 0.5)).to.equal(false);
    expect(isOver(2, 0, 0.5, 0.6, 0.4, 0.5)).to.equal(false);
    expect(isOver(2, 0, 0.5, 0.6, 0.4, 0.5, 0.4)).to.equal(true);
  });

  it('asks for more than minDelta, below the best that was so much better', () => {
    expect(isOver(1, 0.1, 0.5, 0.41)).to.equal(true);
    expect(isOver(1, 0.1, 0.5, 0.39)).to.equal(false);
    expect(isOver(3, 0.1, 0.5, 0.45, 0.41, 0.39)).to.equal(false);
    expect(isOver(3, 0.1, 0.5, 0.45, 0.43, 0.41)).to.equal(true);
  });

  it('watches the metric it is told, and passes over epochs without validation', () => {
    const falling = historyOf(0.5, 0.4, 0.3);
    expect(isOutOfPatience(falling, { patience: 2, minDelta: 0, metric: 'cost' })).to.equal(true);
    expect(isOutOfPatience(falling, { patience: 2, minDelta: 0, metric: 'error' })).to.equal(false);
    expect(isOver(1, 0, undefined, undefined, 0.5)).to.equal(false);
  });

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: ends a training normally, with its history so far`, async () => {
      const whole = await network({ engine }).fit(data, { ...options, epochs: 60 });
      const patience = 3;
      const end = whole.findIndex((_, i) =>
        isOutOfPatience(whole.slice(0, i + 1), { patience, minDelta: 0, metric: 'error' }),
      );
      expect(end, 'a training that gets worse for some epochs').to.be.within(patience, 58);
      const history = await network({ engine }).fit(data, { ...options, epochs: 60, earlyStopping: { patience } });
      expect(metrics(history)).to.deep.equal(metrics(whole.slice(0, end + 1)));
    });
  }
});

describe('keepBest', () => {
  it('takes the earliest of the lowest', () => {
    expect(indexOfBest([], 'error')).to.equal(undefined);
    expect(indexOfBest(historyOf(undefined), 'error')).to.equal(undefined);
    expect(indexOfBest(historyOf(0.5, 0.3, 0.4, 0.3), 'error')).to.equal(1);
    expect(indexOfBest(historyOf(undefined, 0.5, 0.3), 'cost')).to.equal(1);
  });

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: leaves the model as it was after its best epoch`, async () => {
      for (const keepBest of [true, 'cost'] as const) {
        const seen: string[] = [];
        const model = network({ engine });
        const onEpochEnd = () => void seen.push(fingerprint(model));
        const history = await model.fit(data, { ...options, epochs: 20, keepBest, onEpochEnd });
        const best = indexOfBest(history, keepBest === true ? 'error' : keepBest) ?? -1;
        expect(best, 'a training that is best before its end').to.be.within(0, 18);
        expect(fingerprint(model)).to.equal(seen[best]);
        expect(await model.evaluate(data.slice(0, 50), { dynamics: dynamics.free })).to.deep.equal({
          ...history[best].validation,
          count: 50,
        });
      }
    });
  }

  it('leaves the last parameters where the training is aborted', async () => {
    const model = network();
    const stop = new AbortController();
    let last = '';
    const fitting = model.fit(data, {
      ...options,
      epochs: 30,
      keepBest: true,
      signal: stop.signal,
      onEpochEnd: ({ epoch }) => {
        last = fingerprint(model);
        if (epoch === 20) stop.abort();
      },
    });
    expect(await fitting.catch((error) => error)).to.equal(stop.signal.reason);
    expect(fingerprint(model)).to.equal(last);
  });
});

describe('a time limit', () => {
  it('ends a training normally between two updates', async () => {
    for (const engine of ['native', 'javascript'] as const) {
      const model = network({ engine });
      const before = fingerprint(model);
      const history = await model.fit(data, { ...options, epochs: 1e6, timeLimit: 0.1 });
      expect(fingerprint(model)).to.not.equal(before);
      expect(history.reduce((sum, { seconds }) => sum + seconds, 0)).to.be.below(1);
      expect(history.map(({ epoch }) => epoch)).to.deep.equal(history.map((_, i) => i + 1));
    }
  });

  it('cuts an epoch, and needs no checkpoint for it', async () => {
    const slow = centered({ beta: 0.5, free: euler({ iterations: 1e6 }), nudged: euler({ iterations: 1e6 }) });
    const model = network({ engine: 'javascript' });
    const started = performance.now();
    expect(await model.fit(data, { ...options, estimator: slow, timeLimit: 0.3 })).to.deep.equal([]);
    expect(performance.now() - started).to.be.below(5000); // the epoch takes longer
  });
});

describe('checkpoints of trainings that end early', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'eqprop-stopping-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const newest = async () => join(dir, (await readdir(dir)).sort().at(-1) ?? '');

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: go on exactly with more patience, more time, more epochs`, async () => {
      const whole = network({ engine });
      const last = { epochs: 30, earlyStopping: { patience: 9 }, keepBest: true };
      const history = await whole.fit(data, { ...options, ...last });
      const more = { ...options, ...last, checkpoint: { dir, every: { epochs: 3 } }, resume: true };
      const stops = [
        { timeLimit: 0.004 },
        { timeLimit: 0.009 },
        { epochs: 4 },
        { earlyStopping: { patience: 2 } },
        { timeLimit: 0.05 },
        { earlyStopping: { patience: 5 }, epochs: 25 },
      ];
      let before = 0;
      for (const stop of stops) {
        const model = network({ engine, seed: before === 0 ? 4 : 7 }); // what it was made with is of no matter later
        const resumed: number[] = [];
        const part = await model.fit(data, {
          ...more,
          ...stop,
          onResume: (past) => void resumed.push(past.length),
        });
        expect(resumed).to.deep.equal([before]);
        expect(metrics(part)).to.deep.equal(metrics(history.slice(0, part.length)));
        before = part.length;
        model.dispose();
      }
      const model = network({ engine, seed: 8 });
      expect(metrics(await model.fit(data, { ...more, timeLimit: 1e9 }))).to.deep.equal(metrics(history));
      expect(fingerprint(model)).to.equal(fingerprint(whole));
      const again = network({ engine, seed: 9 }); // nothing is left to do
      expect(metrics(await again.fit(data, more))).to.deep.equal(metrics(history));
      expect(fingerprint(again)).to.equal(fingerprint(whole));
    });
  }

  it('hold the last parameters and the best', async () => {
    const model = network();
    const seen: string[] = [];
    const onEpochEnd = () => void seen.push(fingerprint(model));
    const history = await model.fit(data, { ...options, epochs: 20, keepBest: true, onEpochEnd, checkpoint: { dir } });
    const { parameters, best } = await readCheckpoint(await newest());
    const other = network();
    other.setParameters(Object.fromEntries(parameters));
    expect(fingerprint(other)).to.equal(seen[19]);
    other.setParameters(Object.fromEntries(best ?? []));
    expect(fingerprint(other)).to.equal(seen[indexOfBest(history, 'error') ?? -1]);
  });

  it('save what a time limit cut off, so that limits add up', async () => {
    const slow = centered({ beta: 0.5, free: euler({ iterations: 3000 }), nudged: euler({ iterations: 3000 }) });
    const model = network({ engine: 'javascript' });
    const some = { ...options, estimator: slow, checkpoint: { dir }, resume: true };
    expect(await model.fit(data, { ...some, timeLimit: 0.4 })).to.deep.equal([]);
    const { totals, seconds } = (await readCheckpoint(await newest())).position;
    expect(totals.examples).to.be.within(0, 112);
    expect(seconds).to.be.at.least(0.4);
    expect(await model.fit(data, { ...some, timeLimit: 0.4 })).to.deep.equal([]);
    expect((await readCheckpoint(await newest())).position.totals.examples).to.equal(totals.examples);
  });

  it('get on where a batch takes longer than the interval between them', async () => {
    const slow = centered({ beta: 0.5, free: euler({ iterations: 3000 }), nudged: euler({ iterations: 3000 }) });
    const every = { minutes: 1e-5 };
    const model = network({ engine: 'javascript' });
    const few = data.slice(0, 32);
    expect(await model.fit(few, { ...options, epochs: 1, estimator: slow, checkpoint: { dir, every } })).to.have.length(
      1,
    );
  });

  it('are not written where the parameters or the validation are no finite numbers', async () => {
    const wild = { ...options, epochs: 1, checkpoint: { dir, every: { steps: 1 } } };
    const large = { 'dense1.weight': new Float32Array(240).fill(1e12) };
    const linear = () => hopfield([12, 20, 3], { activation: 'linear', threads: 1 });
    const model = linear();
    model.setParameters(large);
    // The first update leaves numbers that are not finite, and no later one has seen them.
    const infinite = { ...wild, optimizer: sgd({ learningRate: 3e38 }) };
    await expectRejects(model.fit(data, infinite), 'ERR_DIVERGED', 'step 1', 'not finite');
    expect(await readdir(dir)).to.deep.equal([]);
    // One that leaves numbers whose squares are not, all in one epoch.
    const squares = { ...wild, batchSize: 120, optimizer: sgd({ learningRate: 1e25 }) };
    await expectRejects(linear().fit(data, squares), 'ERR_DIVERGED', 'step 1', 'validation');
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('refuse to go on with another metric for the best', async () => {
    const model = network();
    await model.fit(data, { ...options, epochs: 1, keepBest: true, checkpoint: { dir } });
    const resume = (change: object) => model.fit(data, { ...options, checkpoint: { dir }, resume: true, ...change });
    await expectRejects(resume({ keepBest: 'cost' }), 'ERR_ARGUMENT', 'keepBest error', 'cost');
    await expectRejects(resume({}), 'ERR_ARGUMENT', 'keepBest error', 'no');
    const bytes = await readFile(await newest());
    await writeFile(join(dir, 'checkpoint-00000009.safetensors'), bytes); // any higher number is newer
    expect(await resume({ epochs: 1, keepBest: 'error' })).to.have.length(1);
  });
});

describe('fit', () => {
  it('refuses wrong ways to end early before anything happens', async () => {
    const model = network();
    const fit = (change: object) => model.fit(data, { ...options, ...change } as never);
    const blind = dataset({ inputs: floats(24, 1), shape: [12], targets: floats(6, 2) });
    await expectRejects(fit({ earlyStopping: 3 }), 'ERR_ARGUMENT', 'fit earlyStopping', '3');
    await expectRejects(fit({ earlyStopping: {} }), 'ERR_ARGUMENT', 'fit earlyStopping patience', 'undefined');
    await expectRejects(fit({ earlyStopping: { patience: 0 } }), 'ERR_ARGUMENT', 'fit earlyStopping patience', '0');
    await expectRejects(fit({ earlyStopping: { patience: 1, delta: 1 } }), 'ERR_NAME', "'delta'", 'minDelta');
    await expectRejects(fit({ earlyStopping: { patience: 1, minDelta: -1 } }), 'ERR_ARGUMENT', 'minDelta', '-1');
    await expectRejects(fit({ earlyStopping: { patience: 1, metric: 'energy' } }), 'ERR_NAME', 'metric', "'energy'");
    for (const ending of [{ earlyStopping: { patience: 1 } }, { keepBest: true }, { keepBest: 'cost' }]) {
      await expectRejects(fit({ ...ending, validation: undefined }), 'ERR_ARGUMENT', 'with validation', 'none');
    }
    await expectRejects(fit({ keepBest: 'energy' }), 'ERR_NAME', 'fit keepBest', "'energy'");
    await expectRejects(fit({ keepBest: 1 }), 'ERR_NAME', 'fit keepBest', '1');
    await expectRejects(fit({ keepBest: 'error', validation: blind }), 'ERR_ARGUMENT', 'fit keepBest', 'no labels');
    await expectRejects(fit({ timeLimit: 0 }), 'ERR_ARGUMENT', 'fit timeLimit', 'seconds', '0');
    await expectRejects(fit({ timeLimit: Number.NaN }), 'ERR_ARGUMENT', 'fit timeLimit', 'NaN');
    await expectRejects(fit({ timeLimit: '1h' }), 'ERR_ARGUMENT', 'fit timeLimit', "'1h'");
    await expectRejects(fit({ onResume: true }), 'ERR_ARGUMENT', 'fit onResume', 'function');
    expect(await fit({ epochs: 1, keepBest: true, validation: blind })).to.have.length(1);
  });
});
