import { expect } from 'chai';
import { parametersOf } from '../../lib/energy/problem.js';
import type { Engine, Plan, TrainCall } from '../../lib/engine/engine.js';
import { javascriptEngine } from '../../lib/engine/javascript.js';
import { dataset, dense, euler, type Layer, layer, leak, positive, squaredError, sum } from '../../lib/index.js';
import { initialValues } from '../../lib/model/checks.js';
import { Plans } from '../../lib/model/plans.js';
import { Random } from '../../lib/random.js';
import { floats } from '../support.js';

const layers = ['x', 'a', 'b', 'c', 'y'].map((name) => layer([2], { name, clamped: name === 'x' }));
const [x, a, b, c, y] = layers;
const energy = sum(...[a, b, c, y].map((of) => leak(of)), dense(x, a), dense(a, b), dense(b, c), dense(c, y));

/** Plans whose engine notes what is asked of it, by the names of the clamped layers. */
function watched() {
  const log: string[] = [];
  let held = Promise.resolve();
  const engine: Engine = {
    ...javascriptEngine,
    compile(problem) {
      const name = [...problem.clamped].map((of) => of.name).join('');
      log.push(`compile ${name}`);
      const plan = javascriptEngine.compile(problem);
      const watch = (method: 'write' | 'dispose', act: Plan['write']): Plan['write'] => {
        return (values) => {
          log.push(`${method} ${name}`);
          act(values);
        };
      };
      return Object.assign(Object.create(plan), {
        read: () => plan.read(),
        write: watch('write', (values) => plan.write(values)),
        settle: plan.settle.bind(plan),
        load: plan.load.bind(plan),
        train: async (call: TrainCall) => {
          const totals = await plan.train(call);
          await held;
          return totals;
        },
        dispose: watch('dispose', () => plan.dispose()),
      });
    },
  };
  const problem = { energy, cost: squaredError(y), input: x, output: y };
  const initial = [...parametersOf(problem)].map(([name, spec]) => initialValues(name, spec, new Random(1)));
  const plans = new Plans(engine, problem, new Set([x]), initial);
  const said = () => log.splice(0);
  const use = (...clamped: Layer[]) => plans.using(new Set(clamped), (plan) => settle(plan, clamped));
  /** Trainings do not end before the function that it returns is called. */
  const holdTraining = () => {
    let release = () => {};
    held = new Promise<void>((resolve) => (release = resolve));
    return release;
  };
  said();
  return { plans, said, use, holdTraining };
}

const examples = dataset({ inputs: floats(2, 2), shape: [2], targets: floats(2, 3) });
const phases = { free: euler({ iterations: 3 }), nudged: euler({ iterations: 3 }) };
const [program] = positive({ beta: 0.5, ...phases }).programs;

const settle = (plan: Plan, clamped: readonly Layer[]) =>
  plan.settle({
    batch: 1,
    states: layers.map((of) => (clamped.includes(of) ? floats(2, 1) : undefined)),
    dynamics: euler({ iterations: 3 }),
    start: 'zero',
    beta: 0,
    seed: 0,
  });

describe('plans by what is clamped', () => {
  it('keeps the four used last beside the main one, and lets the others go', async () => {
    const { said, use } = watched();
    await use(x);
    expect(said()).to.deep.equal([]);
    for (const of of [a, b, c, y]) await use(of);
    await use(a); // now b is the one used longest ago
    expect(said().filter((what) => !what.startsWith('write'))).to.deep.equal(
      ['a', 'b', 'c', 'y'].map((name) => `compile ${name}`),
    );
    await use(a, b);
    expect(said()).to.include('dispose b').and.to.not.include('dispose a');
    await use(b);
    expect(said()).to.include('compile b').and.to.include('dispose c');
  });

  it('lets none go before the last call on it has ended, whether it was answered or failed', async () => {
    const { plans, said, use } = watched();
    let [end, fail] = [() => {}, (_: Error) => {}];
    const answered = plans.using(new Set([a]), () => new Promise<void>((resolve) => (end = resolve)));
    const failed = plans.using(new Set([a]), () => new Promise<void>((_, reject) => (fail = reject)));
    for (const clamped of [[b], [c], [y], [a, b], [a, c]]) await use(...clamped);
    expect(said()).to.include('dispose b').and.to.not.include('dispose a');
    await Promise.all([[b], [c], [y], [a, b], [a, c]].map((clamped) => use(...clamped)));
    end();
    await answered;
    expect(said()).to.not.include('dispose a');
    fail(new Error('of its own'));
    expect(await failed.catch((error: Error) => error.message)).to.equal('of its own');
    await use(b, c);
    expect(said()).to.include('dispose a');
  });

  it('copies parameters into one only where they have changed, by a write or a training', async () => {
    const { plans, said, use, holdTraining } = watched();
    const written = (values: readonly unknown[]) => values.filter((what) => what === 'write a').length;
    await use(a);
    await use(a);
    expect(written(said())).to.equal(1);
    plans.main.write(plans.read().map((values) => values.map((v) => v + 1)));
    await use(a);
    await use(a);
    expect(written(said())).to.equal(1);
    const release = holdTraining();
    const during = plans.main.train({
      data: plans.main.load(examples),
      order: Uint32Array.of(0),
      batchSize: 1,
      programs: [program],
      choice: Uint32Array.of(0),
      seed: 0,
      rates: [...energy.parameters].map(() => 0.1),
      start: 'zero',
      stepsBefore: 0,
    });
    await use(a);
    await use(a);
    expect(written(said())).to.equal(2); // a training may change them at any time
    release();
    await during;
    await use(a);
    await use(a);
    expect(written(said())).to.equal(1);
    const copy = await plans.using(new Set([a]), async (plan) => plan.read());
    expect(copy).to.deep.equal(plans.read());
  });
});
