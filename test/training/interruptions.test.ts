import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  DataError,
  type Dataset,
  dataset,
  type EpochRecord,
  euler,
  type FitOptions,
  hopfield,
  type ModelOptions,
  positive,
  sgd,
} from '../../lib/index.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { expectRejects, fingerprint, floats } from '../support.js';

const data: Dataset = dataset({
  inputs: floats(150 * 12, 1),
  shape: [12],
  labels: Uint32Array.from({ length: 150 }, (_, i) => (i * 7) % 3),
  classes: 3,
});
const dynamics = (iterations: number) => euler({ iterations });
const options: FitOptions = {
  epochs: 6,
  batchSize: 16,
  estimator: positive({ beta: 0.5, free: dynamics(12), nudged: dynamics(4) }),
  optimizer: sgd({ learningRate: [0.2, 0.1] }),
  validation: data.slice(0, 40),
};
const network = (more: ModelOptions & { activation?: 'tanh' } = {}) => hopfield([12, 30, 3], { seed: 4, ...more });

describe('a training that is interrupted', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'eqprop-interrupted-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const saved = async () => (await readdir(dir)).sort();
  const newest = async () => readCheckpoint(join(dir, (await saved()).at(-1) ?? ''));

  it('is saved whatever a callback throws, errors of the package among it', async () => {
    const whole = network();
    await whole.fit(data, options);
    const rare = { checkpoint: { dir, every: { epochs: 100 } }, resume: true };
    const errors = [new Error('oops'), new DataError('ERR_FILE', 'a disk is full'), undefined, 'text'];
    for (const [i, thrown] of errors.entries()) {
      const onEpochEnd = ({ epoch }: EpochRecord) => {
        if (epoch === i + 1) throw thrown;
      };
      const rejected = await network()
        .fit(data, { ...options, ...rare, onEpochEnd })
        .then(
          () => 'it went on',
          (error) => error,
        );
      expect(rejected).to.equal(thrown);
      expect((await newest()).position.epoch).to.equal(i + 2);
    }
    const onResume = () => {
      throw new DataError('ERR_FILE', 'a disk is full');
    };
    await expectRejects(network().fit(data, { ...options, ...rare, onResume }), 'ERR_FILE', 'a disk is full');
    const model = network();
    await model.fit(data, { ...options, ...rare });
    expect(fingerprint(model)).to.equal(fingerprint(whole));
  });

  it('lets no callback write into what is saved', async () => {
    const checkpoint = { checkpoint: { dir }, resume: true };
    const record = (change: (record: { cost: number; validation?: { cost: number } }) => void) => ({
      onEpochEnd: (epoch: EpochRecord) => change(epoch as never),
    });
    const changes = [
      record((epoch) => Object.assign(epoch, { time: 1 })),
      record((epoch) => {
        epoch.cost = 0;
      }),
      record(({ validation }) => Object.assign(validation ?? {}, { cost: '1' })),
      { onResume: (history: readonly EpochRecord[]) => Object.assign(history[0], { cost: '1' }) },
    ];
    for (const change of changes) {
      const error = await network()
        .fit(data, { ...options, ...checkpoint, ...change })
        .catch((e) => e);
      expect(error).to.be.instanceOf(TypeError);
      const history = await network().fit(data, { ...options, ...checkpoint, epochs: 2 + (await saved()).length });
      expect(history.every((epoch) => Object.isFrozen(epoch))).to.equal(true);
    }
  });

  it('is not saved where an abort meets a divergence, as nobody knows how far the updates had come', async () => {
    const huge = { learningRate: 1e30 };
    const unbounded = { activation: 'linear', output: { activation: 'linear' } } as const;
    for (const engine of ['native', 'javascript'] as const) {
      const stop = new AbortController();
      const model = hopfield([12, 30, 3], { ...unbounded, seed: 4, engine });
      const error = await model
        .fit(data, {
          ...options,
          optimizer: sgd(huge),
          checkpoint: { dir, every: { epochs: 100 } },
          resume: true,
          signal: stop.signal,
          // The engine diverges meanwhile; what it has to say waits for JavaScript's thread, and so comes after the abort.
          onProgress: () => {
            const until = performance.now() + 300;
            while (performance.now() < until);
            stop.abort();
          },
        })
        .catch((e) => e);
      expect(error.code ?? error.name, engine).to.be.oneOf(['ERR_DIVERGED', 20]);
      if (error.code !== 'ERR_DIVERGED') continue;
      expect(await saved(), engine).to.deep.equal([]);
    }
  });

  it('goes on with the same model and optimizer alone', async () => {
    await network().fit(data, { ...options, epochs: 1, checkpoint: { dir } });
    const on = { ...options, checkpoint: { dir }, resume: true };
    const refused = (model: ReturnType<typeof network>, more: Partial<FitOptions>, part: string) =>
      expectRejects(model.fit(data, { ...on, ...more }), 'ERR_ARGUMENT', 'cannot resume', dir, part);
    await refused(network({ activation: 'tanh' }), {}, 'its training had another model');
    await refused(network(), { optimizer: sgd({ learningRate: [0.4, 0.1] }) }, 'its training had optimizer');
    await refused(network(), { optimizer: sgd({ learningRate: [0.2, 0.1], decay: 0.9 }) }, '"decay":0.9');
    expect(await network().fit(data, on)).to.have.length(6);
  });
});
