import { type Addon, loadAddon } from '../../lib/engine/addon.js';
import { startJob } from '../../lib/engine/native/job.js';
import {
  centered,
  crossEntropyReadOut,
  dataset,
  dense,
  euler,
  hopfield,
  lateral,
  layer,
  leak,
  Model,
  sgd,
  sum,
} from '../../lib/index.js';
import type { Random } from '../../lib/random.js';
import { floats } from '../support.js';
import type { Scenario } from './scenario.js';

/** A request as TypeScript makes it. */
interface Request {
  readonly method: string;
  readonly given: readonly unknown[];
}
type Handle = Record<string, (...given: unknown[]) => unknown>;
/** A plan, how it was made, and what has been asked of it. */
interface Recorded {
  readonly made: readonly unknown[];
  readonly plan: Handle;
  readonly requests: Request[];
}

/** Makes models and uses them; tells what the addon has been asked to do. */
async function record(addon: Addon): Promise<Recorded[]> {
  const { Plan } = addon;
  const all: Recorded[] = [];
  addon.Plan = function (this: unknown, ...made: ConstructorParameters<typeof Plan>) {
    const plan = new Plan(...made) as unknown as Handle;
    const requests: Request[] = [];
    all.push({ made, plan, requests });
    return new Proxy(plan, {
      get: (_, method: string) =>
        plan[method] &&
        ((...given: unknown[]) => {
          if (!['dispose', 'release'].includes(method)) requests.push({ method, given });
          return method === 'dispose' || method === 'release' ? undefined : plan[method](...given);
        }),
    });
  } as unknown as Addon['Plan'];
  try {
    for (const model of [layered(), joined()]) {
      const dynamics = euler({ iterations: 4 });
      const size = model.output.size === 4 ? 2 : model.output.size; // of a target
      const [input, target, weights] = [floats(3 * 5, 1), floats(3 * size, 2), floats(3, 3)];
      const data = dataset({ inputs: input, shape: [5], targets: target, weights });
      const estimator = centered({ beta: 0.5, free: dynamics, nudged: dynamics });
      await model.settle({ input, target, weights, beta: 0.5, dynamics });
      await model.gradient({ input, target }, estimator);
      await model.evaluate(data);
      const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
      await model.fit(data, { epochs: 1, batchSize: 2, estimator, optimizer, start: 'persistent' });
      model.setParameters(Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, data])));
    }
  } finally {
    addon.Plan = Plan;
  }
  return all;
}

const layered = () => hopfield([5, 4, 3], { engine: 'native', seed: 1 });
function joined(): Model {
  const [x, y] = [layer([5], { clamped: true }), layer([4])];
  const cost = crossEntropyReadOut(y, 2);
  return new Model({ energy: sum(leak(y), dense(x, y), lateral(y)), cost, input: x, output: y, engine: 'native' });
}

/** No number that memory could just be had for: that would prove nothing and take minutes. */
const HOSTILE: readonly unknown[] = [
  ...[undefined, null, true, '', 'x', Symbol('s'), 5n, {}, [], () => 1],
  ...[-1, 0, 1, 2, 3, 7, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 45, 2 ** 53, -(2 ** 31)],
  ...[new Float32Array(0), new Float32Array(3), new Float64Array(15), new Uint8Array(3), new Uint32Array(2)],
  ...[Uint32Array.of(4294967295, 4294967295), new DataView(new ArrayBuffer(8)), new ArrayBuffer(60)],
];

/** A copy with some values at random places replaced; what the addon lends is handed on as it is. */
function spoilt(value: unknown, random: Random, chance: number): unknown {
  if (random.uniform() < chance) return HOSTILE[random.below(HOSTILE.length)];
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (Array.isArray(value)) return value.map((item) => spoilt(item, random, chance));
  const entries = Object.entries(value);
  return entries.length === 0
    ? value
    : Object.fromEntries(entries.map(([key, item]) => [key, spoilt(item, random, chance)]));
}

/** Those that start work on another thread. */
const JOBS = ['settle', 'gradient', 'train', 'evaluate'];

/** Does work that may be given for years; with a listener that is none, it should not start. */
async function work(start: (listen: unknown) => unknown, hostileListener: boolean, random: Random): Promise<void> {
  if (hostileListener) {
    const cancel = start(HOSTILE[random.below(HOSTILE.length)]);
    if (typeof cancel === 'function') cancel(); // what was handed over can be called
    return;
  }
  const job = startJob((listen) => start(listen) as () => void);
  const timer = setTimeout(job.cancel, 5);
  await job.promise.catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
  });
  clearTimeout(timer);
}

export const binding: Scenario = {
  what: 'requests that TypeScript would never send: the addon answers or throws, and reads no memory that is not its own',
  rounds: 100_000,
  quick: 1000,
  unavailable: () => (loadAddon() instanceof Error ? 'the addon is not built' : undefined),
  async run(rounds, random) {
    const addon = loadAddon() as Addon;
    const recorded = await record(addon);
    const failures: string[] = [];
    let refused = 0;
    for (let round = 0; round < rounds && failures.length < 10; round++) {
      const { made, plan, requests } = recorded[random.below(recorded.length)];
      const chance = [0.02, 0.05, 0.2][random.below(3)];
      try {
        if (random.below(4) === 0) {
          const [network, ...rest] = made;
          (
            new (addon.Plan as new (...given: unknown[]) => unknown)(spoilt(network, random, chance), ...rest) as Handle
          ).read();
          continue;
        }
        const { method, given } = requests[random.below(requests.length)];
        if (JOBS.includes(method)) {
          const request = spoilt(given[0], random, chance);
          await work((listen) => plan[method](request, listen), random.uniform() < chance, random);
        } else {
          plan[method](...given.map((value) => spoilt(value, random, chance)));
        }
      } catch (error) {
        refused++;
        if (!(error instanceof Error)) failures.push(`round ${round}: ${String(error)} was thrown`);
      }
      if (rounds > 10_000 && round % 10_000 === 0) console.error(`  ${round} of ${rounds}`);
    }
    for (const { plan } of recorded) plan.dispose();
    return { failures, figures: { rounds, refused } };
  },
};
