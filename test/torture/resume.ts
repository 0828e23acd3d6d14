import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DataError,
  dataset,
  type EpochRecord,
  euler,
  type FitOptions,
  type Floats,
  hopfield,
  type Interval,
  type Model,
  randomSign,
  sgd,
} from '../../lib/index.js';
import type { Random } from '../../lib/random.js';
import { readCheckpoint } from '../../lib/training/checkpoint.js';
import { fingerprint, floats } from '../support.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

type EngineName = 'native' | 'javascript';

const data = dataset({
  inputs: floats(300 * 12, 1),
  shape: [12],
  labels: Uint32Array.from({ length: 300 }, (_, i) => (i * 7) % 3),
  classes: 3,
});

/** All that a training keeps: drawn programs, an order, momentum, persistent states, a validation, the best epoch; and it ends
 * when its patience does. */
const options: FitOptions = {
  epochs: 30,
  batchSize: 16,
  estimator: randomSign({
    beta: 0.5,
    free: euler({ iterations: 12, tolerance: 1e-3 }),
    nudged: euler({ iterations: 4 }),
  }),
  optimizer: sgd({ learningRate: [0.3, 0.2], momentum: 0.7, decay: 0.97 }),
  start: 'persistent',
  validation: data.slice(0, 80),
  earlyStopping: { patience: 8, metric: 'cost' },
  keepBest: true,
};

const network = (engine: EngineName, seed: number, threads: number) =>
  hopfield([12, 40, 3], { seed, engine, ...(engine === 'native' && { threads }) });

/** SHA-256 of the model, and of all that the last checkpoint holds, without times, which differ. */
async function imprint(model: Model, history: readonly EpochRecord[], dir: string): Promise<string> {
  const last = (await readdir(dir)).sort().at(-1) ?? '';
  const { parameters, velocity, best, kept, position, setting } = await readCheckpoint(join(dir, last));
  const hash = createHash('sha256').update(fingerprint(model));
  const add = (values: Floats | Uint8Array) =>
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  for (const map of [parameters, velocity, best])
    for (const [name, values] of map ?? []) add(values) && hash.update(name);
  for (const values of [kept?.states, kept?.visited]) add(values ?? new Uint8Array());
  const withoutTimes = (records: readonly EpochRecord[]) => records.map((record) => ({ ...record, seconds: 0 }));
  const metrics = [
    withoutTimes(history),
    { ...position, seconds: 0, history: withoutTimes(position.history) },
    setting,
  ];
  return hash.update(JSON.stringify(metrics)).digest('hex');
}

/** The training that is not interrupted, and how many milliseconds it takes. */
async function throughAtOnce(engine: EngineName): Promise<{ imprint: string; milliseconds: number; epochs: number }> {
  return inFolder(async (dir) => {
    const model = network(engine, 4, 1);
    const started = performance.now();
    const history = await model.fit(data, { ...options, checkpoint: { dir, every: { epochs: 100 } } });
    const milliseconds = performance.now() - started;
    const seen = await imprint(model, history, dir);
    model.dispose();
    return { imprint: seen, milliseconds, epochs: history.length };
  });
}

interface Stops {
  imprint: string;
  stops: number;
  midEpoch: number;
  lost: number;
}

/** The same training, stopped up to four times, at any moment by its signal or after an epoch by what a callback throws, each
 * time gone on with by another model with other threads; in every fourth stop the newest checkpoint is lost, too, as if the process had been killed before it was written. */
async function withStops(
  engine: EngineName,
  { milliseconds, epochs }: { milliseconds: number; epochs: number },
  random: Random,
): Promise<Stops> {
  return inFolder(async (dir) => {
    const counted = { stops: 0, midEpoch: 0, lost: 0 };
    const wanted = 1 + random.below(4);
    let model = network(engine, 4, 1 + random.below(4));
    for (;;) {
      const every: Interval = [{ steps: 1 + random.below(25) }, { epochs: 1 + random.below(5) }, { minutes: 0.0003 }][
        random.below(3)
      ];
      const stop = new AbortController();
      const isLast = counted.stops === wanted;
      const thrown = [undefined, undefined, new Error('oops'), new DataError('ERR_FILE', 'a full disk')][
        random.below(4)
      ];
      const last = 1 + random.below(epochs);
      const abort = () => stop.abort();
      const timer = isLast || thrown ? undefined : setTimeout(abort, (milliseconds / wanted) * random.uniform());
      const onEpochEnd = ({ epoch }: EpochRecord) => {
        if (!isLast && thrown && epoch >= last) throw thrown;
      };
      const more = { checkpoint: { dir, every }, resume: true, signal: stop.signal, onEpochEnd };
      const history = await model.fit(data, { ...options, ...more }).catch((error) => {
        if (error !== (thrown ?? stop.signal.reason)) throw error;
        return undefined;
      });
      clearTimeout(timer);
      if (history) {
        const seen = await imprint(model, history, dir);
        model.dispose();
        return { imprint: seen, ...counted };
      }
      counted.stops++;
      const files = (await readdir(dir)).sort();
      const { totals } = (await readCheckpoint(join(dir, files.at(-1) ?? ''))).position;
      if (totals.examples > 0 && totals.examples < data.count) counted.midEpoch++;
      if (files.length > 1 && random.below(4) === 0) {
        await rm(join(dir, files.at(-1) ?? ''));
        counted.lost++;
      }
      model.dispose();
      model = network(engine, 100 + counted.stops, 1 + random.below(8));
    }
  });
}

export const resume: Scenario = {
  what: 'trainings stopped at random moments and gone on with: bits of weights, optimizer, states, metrics as if nothing had been',
  rounds: 50,
  quick: 2,
  async run(rounds, random) {
    const engines = ['native', 'javascript'] as const;
    const whole = { native: await throughAtOnce('native'), javascript: await throughAtOnce('javascript') };
    const failures: string[] = [];
    const sums = { stops: 0, midEpoch: 0, lost: 0 };
    for (let round = 0; round < rounds; round++) {
      const engine = engines[round % 2];
      const stopped = await withStops(engine, whole[engine], random).catch((error: Error) => error);
      if (stopped instanceof Error) {
        failures.push(`training ${round + 1}, ${engine}: ${stopped.message}`);
        continue;
      }
      const { imprint, ...counted } = stopped;
      for (const key of ['stops', 'midEpoch', 'lost'] as const) sums[key] += counted[key];
      if (imprint !== whole[engine].imprint)
        failures.push(`training ${round + 1}, ${engine}: other bits after ${counted.stops} stops`);
    }
    const epochs = `${whole.native.epochs} and ${whole.javascript.epochs} of ${options.epochs}`;
    return { failures, figures: { trainings: rounds, ...sums, epochs } };
  },
};
