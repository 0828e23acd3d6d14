import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  centered,
  type Dataset,
  dataset,
  euler,
  type FitOptions,
  type Floats,
  hopfield,
  type ModelOptions,
  randomSign,
  sgd,
} from '../../lib/index.js';
import { Random } from '../../lib/random.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../lib/training/checkpoint.js';
import { expectRejects, fingerprint, floats } from '../support.js';

const data: Dataset = dataset({
  inputs: floats(150 * 12, 1),
  shape: [12],
  labels: Uint32Array.from({ length: 150 }, (_, i) => (i * 7) % 3),
  classes: 3,
});
const dynamics = { free: euler({ iterations: 12, tolerance: 1e-3 }), nudged: euler({ iterations: 4 }) };
const options: FitOptions = {
  epochs: 6,
  batchSize: 16,
  estimator: randomSign({ beta: 0.5, ...dynamics }),
  optimizer: sgd({ learningRate: [0.2, 0.1], momentum: 0.6, decay: 'cosine' }),
  start: 'persistent',
  validation: data.slice(0, 40),
};
const network = (more: ModelOptions) => hopfield([12, 30, 3], { seed: 4, ...more });
/** A history without times, which differ. */
const metrics = (history: readonly object[]) => history.map((record) => ({ ...record, seconds: 0 }));

describe('checkpoints', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'eqprop-checkpoint-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const saved = async () => (await readdir(dir)).sort();

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: a training stopped anywhere goes on to the same bits, with other threads too`, async () => {
      const whole = network({ engine });
      const history = await whole.fit(data, options);
      const random = new Random(9);
      let model = network({ engine });
      let resumed: readonly object[] | undefined;
      for (let stops = 0; !resumed; stops++) {
        const every = [{ steps: 3 }, { epochs: 2 }, { minutes: 0.0005 }][stops % 3];
        const stop = new AbortController();
        const timer = setTimeout(() => stop.abort(), stops < 12 ? 2 + 30 * random.uniform() : 60_000);
        try {
          resumed = await model.fit(data, {
            ...options,
            checkpoint: { dir, every },
            resume: true,
            signal: stop.signal,
          });
        } catch (error) {
          expect(error).to.equal(stop.signal.reason);
          model.dispose();
          model = network({ engine, seed: 100 + stops, ...(engine === 'native' && { threads: 1 + (stops % 3) }) });
        } finally {
          clearTimeout(timer);
        }
      }
      expect(fingerprint(model)).to.equal(fingerprint(whole));
      expect(metrics(resumed)).to.deep.equal(metrics(history));
      expect(await saved()).to.have.length(2);
      whole.dispose();
      model.dispose();
    });
  }

  it('are written where a training is aborted before its first update, and have the parameters that it began with', async () => {
    const whole = network({});
    await whole.fit(data, options);
    const stop = new AbortController();
    const checkpoint = { checkpoint: { dir }, resume: true };
    const aborted = network({}).fit(data, {
      ...options,
      ...checkpoint,
      signal: stop.signal,
      onResume: () => stop.abort(),
    });
    expect(await aborted.catch((error) => error)).to.equal(stop.signal.reason);
    expect(await saved()).to.have.length(1);
    const other = network({ seed: 5 });
    await other.fit(data, { ...options, ...checkpoint });
    expect(fingerprint(other)).to.equal(fingerprint(whole));
  });

  it('are written where a callback throws, and read by a model of the other engine', async () => {
    const model = network({});
    const oops = new Error('oops');
    const failing = model.fit(data, {
      ...options,
      checkpoint: { dir, every: { epochs: 100 } },
      onEpochEnd: ({ epoch }) => {
        if (epoch === 2) throw oops;
      },
    });
    expect(await failing.catch((error) => error)).to.equal(oops);
    const seen: number[] = [];
    const other = network({ engine: 'javascript' });
    const more = {
      checkpoint: { dir },
      resume: true,
      onEpochEnd: ({ epoch }: { epoch: number }) => void seen.push(epoch),
    };
    expect(await other.fit(data, { ...options, ...more, epochs: 3 })).to.have.length(3);
    expect(seen).to.deep.equal([3]);
    expect(await other.fit(data, { ...options, ...more, epochs: 3 })).to.have.length(3); // nothing is left to do
    expect(seen).to.deep.equal([3]);
  });

  if (process.platform !== 'win32') {
    it('are one training’s at a time, however it ends', async () => {
      const stop = new AbortController();
      let begun = () => {};
      const beginning = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const endless = { epochs: 1e6, checkpoint: { dir }, signal: stop.signal, onEpochEnd: () => begun() };
      const first = network({}).fit(data, { ...options, ...endless });
      const second = () => network({}).fit(data, { ...options, epochs: 1, checkpoint: { dir }, resume: true });
      try {
        await beginning;
        await expectRejects(second(), 'ERR_BUSY', `'${dir}'`, 'another training');
      } finally {
        stop.abort();
        expect(await first.catch((error) => error)).to.equal(stop.signal.reason);
      }
      await second();
      const fresh = network({}).fit(data, { ...options, checkpoint: { dir } });
      await expectRejects(fresh, 'ERR_ARGUMENT', 'without checkpoints');
      const other = hopfield([12, 31, 3], { seed: 4 });
      await expectRejects(other.fit(data, { ...options, checkpoint: { dir }, resume: true }), 'ERR_SHAPE', 'resume');
      await second();
    });
  }

  for (const engine of ['native', 'javascript'] as const) {
    it(`${engine}: are written to their end where the model is aborted and disposed meanwhile`, async () => {
      const model = hopfield([12, 8000, 3], { engine, seed: 4 });
      const stop = new AbortController();
      const dynamics = euler({ iterations: 1 });
      const end = () => {
        stop.abort();
        model.dispose();
      };
      const training = model.fit(data, {
        ...options,
        estimator: centered({ beta: 0.5, free: dynamics, nudged: dynamics }),
        batchSize: 150,
        checkpoint: { dir },
        signal: stop.signal,
        onEpochEnd: () => void setImmediate(end),
      });
      expect(await training.catch((error) => error)).to.equal(stop.signal.reason);
      expect(await saved()).to.deep.equal(['checkpoint-00000001.safetensors']);
      const { position, kept } = await readCheckpoint(join(dir, 'checkpoint-00000001.safetensors'));
      expect(position.epoch).to.equal(2);
      expect(kept?.visited.every((seen) => seen === 1)).to.equal(true);
    });
  }

  it('stay as they are when a training diverges', async () => {
    const model = hopfield([12, 30, 3], { seed: 4, output: { activation: 'linear' } });
    await model.fit(data, { ...options, epochs: 2, checkpoint: { dir } });
    const before = await saved();
    const wild = {
      ...options,
      checkpoint: { dir },
      resume: true,
      onResume: () => model.setParameters({ 'dense1.weight': new Float32Array(360).fill(1e38) }),
    };
    await expectRejects(model.fit(data, wild), 'ERR_DIVERGED', 'step');
    expect(await saved()).to.deep.equal(before);
  });

  it('are as many as to keep, and what a killed process left is removed', async () => {
    await writeFile(join(dir, '.eqprop-0123456789abcdef01234567.tmp'), 'half');
    await writeFile(join(dir, 'notes.txt'), 'not ours');
    await network({}).fit(data, { ...options, checkpoint: { dir, keep: 3 } });
    expect(await saved()).to.deep.equal([
      'checkpoint-00000004.safetensors',
      'checkpoint-00000005.safetensors',
      'checkpoint-00000006.safetensors',
      'notes.txt',
    ]);
  });

  it('fall back to the one before where the newest is damaged, and say so', async () => {
    const model = network({});
    const steady = { ...options, optimizer: sgd({ learningRate: 0.1 }) }; // rates that do not depend on how many epochs there are
    await model.fit(data, { ...steady, epochs: 3, checkpoint: { dir } });
    const newest = join(dir, 'checkpoint-00000003.safetensors');
    const bytes = await readFile(newest);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(newest, bytes);
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve));
    const seen: number[] = [];
    const again = network({});
    await again.fit(data, {
      ...steady,
      checkpoint: { dir },
      resume: true,
      onEpochEnd: (r) => void seen.push(r.epoch),
    });
    expect(seen).to.deep.equal([3, 4, 5, 6]); // epoch 3 was lost
    const { code, message } = await warned;
    expect(code).to.equal('EQPROP_CHECKPOINT');
    expect(message).to.include(newest).and.to.include('damaged').and.to.include('the checkpoint before it is taken');
    const whole = network({});
    await whole.fit(data, steady);
    expect(fingerprint(again)).to.equal(fingerprint(whole));
  });

  it('refuse to go on where all are damaged', async () => {
    await network({}).fit(data, { ...options, epochs: 1, checkpoint: { dir } });
    const [only] = await saved();
    await writeFile(join(dir, only), 'nonsense');
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    await expectRejects(network({}).fit(data, { ...options, checkpoint: { dir }, resume: true }), 'ERR_DATA', only);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings, 'of one that would be taken instead').to.deep.equal([]);
  });

  it('are found out to be damaged by any bit that flips and wherever they are cut off', async function () {
    this.timeout(120_000);
    const tiny = hopfield([2, 1], { seed: 1 });
    const few = dataset({ inputs: floats(4, 1), shape: [2], labels: Uint32Array.of(0, 0), classes: 1 });
    await tiny.fit(few, {
      ...options,
      epochs: 1,
      validation: few,
      optimizer: sgd({ learningRate: 0.1 }),
      checkpoint: { dir },
    });
    const [name] = await saved();
    const bytes = await readFile(join(dir, name));
    const path = join(dir, 'copy');
    const good = await readCheckpoint(join(dir, name));
    expect(good.position.epoch).to.equal(2);
    const unnoticed: string[] = [];
    const holds = async (what: string, changed: Uint8Array) => {
      await writeFile(path, changed);
      const error = await readCheckpoint(path).catch((e) => e);
      if (error?.code !== 'ERR_DATA') unnoticed.push(what);
    };
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] ^= 1 << (bit & 7);
      await holds(`bit ${bit}`, changed);
    }
    for (let length = 0; length < bytes.length; length++) await holds(`length ${length}`, bytes.subarray(0, length));
    expect(unnoticed).to.deep.equal([]);
  });

  it('refuse what has the right checksum and the wrong lengths, and change nothing', async () => {
    const more = { ...options, keepBest: true, checkpoint: { dir } };
    await network({}).fit(data, { ...more, epochs: 1 });
    const good = await readCheckpoint(join(dir, (await saved())[0]));
    const shorter = (values: ReadonlyMap<string, Floats> | undefined) => {
      const [[name, data], ...others] = [...(values ?? [])];
      return new Map([[name, data.slice(1)] as const, ...others]);
    };
    const states = good.kept?.states.slice(data.count) ?? new Float32Array();
    const cases: [Partial<Checkpoint>, string][] = [
      [{ parameters: shorter(good.parameters) }, "the parameter 'bias1.bias' has 30 values, in the checkpoint 29"],
      [{ velocity: shorter(good.velocity) }, "the velocity of 'bias1.bias' has 30 values, in the checkpoint 29"],
      [{ best: shorter(good.best) }, "the best 'bias1.bias' has 30 values, in the checkpoint 29"],
      [
        { kept: { states, visited: new Uint8Array(data.count) } },
        'there are 33 free units, but 4800 persistent states',
      ],
    ];
    for (const engine of ['native', 'javascript'] as const) {
      for (const [change, part] of cases) {
        await writeCheckpoint(join(dir, 'checkpoint-00000002.safetensors'), { ...good, ...change });
        const model = network({ engine, seed: 5 });
        const before = fingerprint(model);
        await expectRejects(model.fit(data, { ...more, resume: true }), 'ERR_SHAPE', dir, part);
        expect(fingerprint(model)).to.equal(before);
      }
    }
  });

  it('refuse other validation data where the best epoch depends on it', async () => {
    const watching = { ...options, keepBest: 'cost', checkpoint: { dir } } as const;
    await network({}).fit(data, { ...watching, epochs: 1 });
    const other = network({}).fit(data, { ...watching, resume: true, validation: data.slice(40, 80) });
    await expectRejects(other, 'ERR_ARGUMENT', 'cannot resume', dir, 'other validation data');
    expect(await network({}).fit(data, { ...watching, resume: true })).to.have.length(6);
  });

  it('go on with the other engine: its velocities have the same sign', async () => {
    const steady = { ...options, epochs: 3, optimizer: sgd({ learningRate: 0.2, momentum: 0.9, nesterov: true }) };
    const rest = { ...dynamics, free: euler({ iterations: 12 }) };
    const fits = { ...steady, estimator: centered({ beta: 0.5, ...rest }) };
    const weights: Floats[] = [];
    for (const [first, second] of [
      ['native', 'native'],
      ['native', 'javascript'],
      ['javascript', 'native'],
    ] as const) {
      const checkpoint = { dir: join(dir, first + second) };
      await network({ engine: first }).fit(data, { ...fits, epochs: 2, checkpoint });
      const model = network({ engine: second });
      await model.fit(data, { ...fits, checkpoint, resume: true });
      weights.push(model.parameters.get('dense1.weight')?.data as Floats);
    }
    for (const others of weights.slice(1)) {
      expect(Math.max(...others.map((w, i) => Math.abs(w - weights[0][i])))).to.be.below(1e-5);
    }
  });

  it('refuse options that are wrong, and a training that is another one', async () => {
    const model = network({});
    const fit = (change: object) => model.fit(data, { ...options, ...change } as never);
    await expectRejects(fit({ checkpoint: dir }), 'ERR_ARGUMENT', 'fit checkpoint');
    await expectRejects(fit({ checkpoint: { dir: '' } }), 'ERR_ARGUMENT', 'fit checkpoint dir', "''");
    await expectRejects(fit({ checkpoint: { dir, keep: 1 } }), 'ERR_ARGUMENT', 'fit checkpoint keep', '1');
    await expectRejects(fit({ checkpoint: { dir, every: 5 } }), 'ERR_ARGUMENT', 'fit checkpoint every', '5');
    await expectRejects(fit({ checkpoint: { dir, every: {} } }), 'ERR_ARGUMENT', 'epochs, steps, minutes', 'none');
    await expectRejects(
      fit({ checkpoint: { dir, every: { steps: 1, epochs: 1 } } }),
      'ERR_ARGUMENT',
      'steps and epochs',
    );
    await expectRejects(fit({ checkpoint: { dir, every: { hours: 1 } } }), 'ERR_NAME', "'hours'");
    await expectRejects(fit({ checkpoint: { dir, every: { minutes: 0 } } }), 'ERR_ARGUMENT', 'minutes', '0');
    await expectRejects(fit({ resume: true }), 'ERR_ARGUMENT', 'fit resume', 'checkpoint');
    await fit({ epochs: 1, checkpoint: { dir } });
    await expectRejects(fit({ checkpoint: { dir } }), 'ERR_ARGUMENT', 'without checkpoints', 'resume', dir);
    const resume = (change: object) => fit({ checkpoint: { dir }, resume: true, ...change });
    await expectRejects(resume({ batchSize: 17 }), 'ERR_ARGUMENT', 'batchSize 16', '17');
    await expectRejects(resume({ start: 'feedForward' }), 'ERR_ARGUMENT', 'start persistent', 'feedForward');
    await expectRejects(resume({ estimator: centered({ beta: 1, ...dynamics }) }), 'ERR_ARGUMENT', 'estimator');
    const own = {
      ...randomSign({ beta: 0.5, ...dynamics }),
      programs: randomSign({ beta: 0.4, ...dynamics }).programs,
    };
    await expectRejects(resume({ estimator: own }), 'ERR_ARGUMENT', 'estimator with other programs');
    await expectRejects(
      model.fit(data.slice(0, 99), { ...options, checkpoint: { dir }, resume: true }),
      'ERR_ARGUMENT',
      '150',
      '99',
    );
    const { inputs, labels } = data;
    const others = [
      dataset({ inputs: floats(150 * 12, 2), shape: [12], labels, classes: 3 }),
      dataset({ inputs: inputs as Float32Array, shape: [12], labels: labels?.toReversed(), classes: 3 }),
    ];
    for (const other of others) {
      const fitting = model.fit(other, { ...options, checkpoint: { dir }, resume: true });
      await expectRejects(fitting, 'ERR_ARGUMENT', 'cannot resume', dir, 'other data');
    }
    const wider = hopfield([12, 31, 3]);
    await expectRejects(
      wider.fit(data, { ...options, checkpoint: { dir }, resume: true }),
      'ERR_SHAPE',
      "'bias1.bias'",
      '31',
      '30',
    );
    await writeFile(join(dir, 'file'), '');
    await expectRejects(fit({ checkpoint: { dir: join(dir, 'file') } }), 'ERR_FILE', 'file');
  });
});
