import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  centered,
  dataset,
  EqpropError,
  euler,
  type Floats,
  fixedPoint,
  hopfield,
  type Model,
  positive,
  sgd,
} from '../../lib/index.js';
import type { Random } from '../../lib/random.js';
import { floats } from '../support.js';
import type { Scenario } from './scenario.js';

type Numbers = Float32Array | Float64Array | Uint8Array;
/** Puts numbers where the attack wants them. */
type Give = <T extends Numbers>(values: T) => T;

const [INPUTS, OUTPUTS, BATCH] = [7, 3, 5];
const x = floats(BATCH * INPUTS, 1);
const y = floats(BATCH * OUTPUTS, 2);
const weights = floats(BATCH, 3, 0.5, 2);
const bytes = Uint8Array.from(x, (value) => 255 * value);
const labels = Uint8Array.from({ length: BATCH }, (_, i) => i % OUTPUTS);
const free = euler({ iterations: 20 });
const nudged = fixedPoint({ iterations: 5 });
const fast = positive({ beta: 0.01, free: euler({ iterations: 3 }), nudged: euler({ iterations: 3 }) });
const estimator = centered({ beta: 0.5, free, nudged });

const examples = (give: Give) =>
  dataset({ inputs: give(x), shape: [INPUTS], targets: give(y), weights: give(weights) });
const images = (give: Give) =>
  dataset({ inputs: give(bytes), shape: [INPUTS], labels: give(labels), classes: OUTPUTS });

/** Every method that takes arrays. What it makes of them must not depend on what becomes of them once it has returned. */
const methods: Readonly<Record<string, (model: Model, give: Give) => Promise<unknown>>> = {
  settle: (model, give) => model.settle({ input: give(x), target: give(y), weights: give(weights), beta: 0.5 }),
  'settle, clamped by units': (model, give) => {
    const mask = give(Uint8Array.from({ length: OUTPUTS }, (_, j) => j % 2));
    return model.settle({ input: give(x), clamp: { output: { values: give(y), mask } } });
  },
  'settle, wider': (model, give) => model.settle({ input: give(Float64Array.from(x)) }),
  record: (model, give) => model.record({ input: give(x), target: give(y), beta: 0.5, dynamics: nudged }),
  gradient: (model, give) => model.gradient({ input: give(x), target: give(y), weights: give(weights) }, estimator),
  audit: (model, give) =>
    model.audit({ input: give(x), target: give(y) }, { estimators: [fast], reference: fast, dynamics: free, steps: 2 }),
  predict: (model, give) => model.predict(give(x)),
  'predict, a set': (model, give) => model.predict(images(give)),
  evaluate: (model, give) => model.evaluate(examples(give)),
  'evaluate, bytes': (model, give) => model.evaluate(images(give)),
  fit: (model, give) => trained(model, give, 0),
  'fit with momentum': (model, give) => trained(model, give, 0.9),
  setParameters: async (model, give) => {
    const kept = valuesOf(model);
    model.setParameters(Object.fromEntries(Object.entries(kept).map(([name, data]) => [name, give(data)])));
    return model.predict(x);
  },
};

function valuesOf(model: Model): Record<string, Floats> {
  return Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data]));
}

/** Trains a model and tells what has become of it; it is then as before. */
async function trained(model: Model, give: Give, momentum: number): Promise<unknown> {
  const kept = valuesOf(model);
  const optimizer = sgd({ learningRate: 0.1, momentum });
  const options = { epochs: 2, batchSize: 2, shuffle: false, estimator, optimizer };
  try {
    const history = await model.fit(examples(give), { ...options, validation: images(give) });
    return [valuesOf(model), history.map(({ seconds, ...record }) => record)];
  } finally {
    model.setParameters(kept);
  }
}

/** What Node 20 has and the types of its language do not. */
interface Elastic {
  readonly resizable?: boolean;
  readonly growable?: boolean;
  readonly maxByteLength: number;
  resize(size: number): void;
  grow(size: number): void;
}
type ElasticConstructor = new (size: number, options: { maxByteLength: number }) => ArrayBufferLike;
const elastic = (type: unknown) => (size: number) =>
  new (type as ElasticConstructor)(size, { maxByteLength: 2 * size });

/** Where arrays stand. */
const backings = {
  plain: (size: number) => new ArrayBuffer(size),
  resizable: elastic(ArrayBuffer),
  'resizable, tracked': elastic(ArrayBuffer),
  shared: (size: number) => new SharedArrayBuffer(size),
  'shared, tracked': elastic(SharedArrayBuffer),
};
type Backing = keyof typeof backings;

function place<T extends Numbers>(values: T, backing: Backing): T {
  const type = values.constructor as new (buffer: ArrayBufferLike, offset?: number, length?: number) => T;
  const offset = backing === 'plain' ? 8 : 0; // not where the buffer begins, either
  const buffer = backings[backing](values.byteLength + offset);
  const view = backing.endsWith('tracked') ? new type(buffer) : new type(buffer, offset, values.length);
  view.set(values);
  return view;
}

function resize(buffer: ArrayBufferLike, size: number): void {
  const elastic = buffer as unknown as Elastic;
  if (elastic.resizable) elastic.resize(size);
}

/** What becomes of arrays. */
const blows: Readonly<Record<string, (view: Numbers) => void>> = {
  transferred: ({ buffer }) => {
    if (buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
  },
  shrunk: ({ buffer }) => resize(buffer, 1),
  emptied: ({ buffer }) => resize(buffer, 0),
  overwritten: (view) => void view.fill(view instanceof Uint8Array ? 255 : Number.NaN),
  grown: ({ buffer }) => {
    const { maxByteLength, growable } = buffer as unknown as Elastic;
    if (growable) (buffer as unknown as Elastic).grow(maxByteLength);
    else resize(buffer, maxByteLength);
  },
  collected: () => undefined, // see below
};

/** What leaves no arrays that a call could take. */
const FATAL: readonly string[] = ['transferred', 'shrunk', 'emptied'];

interface Attack {
  readonly engine: string;
  readonly method: string;
  readonly backing: Backing;
  readonly blow: string;
  /** Whether arrays are struck before the call. */
  readonly early: boolean;
}

async function attack(model: Model, { method, backing, blow, early }: Attack, collect: () => void): Promise<string> {
  const call = methods[method];
  const expected = await call(model, (values) => values.slice() as typeof values);
  let given: Numbers[] = [];
  const give: Give = (values) => {
    const view = place(values, backing);
    given.push(view);
    if (early) blows[blow](view);
    return view;
  };
  const pending = (async () => call(model, give))();
  if (!early) for (const view of given) blows[blow](view);
  given = [];
  if (blow === 'collected') collect();
  try {
    const found = await pending;
    if (isDeepStrictEqual(found, expected)) return '';
    return early
      ? 'arrays that were struck before have been taken'
      : 'another result than with the arrays as they were';
  } catch (error) {
    if (early && error instanceof EqpropError) return '';
    return `${early ? 'an error without a code' : 'an error'}: ${error}`;
  }
}

/** Models that are attacked at the same time. */
const LANES = 4;

export const buffers: Scenario = {
  what: 'arrays overwritten, transferred, resized, collected while a call works: its result is of what they were',
  rounds: 10_000,
  quick: 200,
  async run(rounds, random: Random) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const lanes = Array.from({ length: LANES }, () =>
      (['native', 'javascript'] as const).map((engine) => hopfield([INPUTS, 6, OUTPUTS], { seed: 1, engine })),
    );
    const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
    const failures: string[] = [];
    let early = 0;
    for (let round = 0; round < rounds; round += LANES) {
      await Promise.all(
        lanes.map(async (models) => {
          const model = random.below(4) === 0 ? models[1] : models[0];
          const blow = pick(Object.keys(blows));
          const plan: Attack = {
            engine: model.engine.name,
            method: pick(Object.keys(methods)),
            backing: pick(Object.keys(backings) as Backing[]),
            blow,
            early: FATAL.includes(blow) && random.below(3) === 0,
          };
          if (plan.early) early++;
          const failure = await attack(model, plan, collect);
          if (failure) failures.push(`${JSON.stringify(plan)}: ${failure}`);
        }),
      );
      if (failures.length >= 20) break;
      if (rounds >= 1000 && round % 1000 === 0) console.error(`  ${round} of ${rounds}`);
    }
    for (const model of lanes.flat()) model.dispose();
    return { failures, figures: { rounds, struckBefore: early } };
  },
};
