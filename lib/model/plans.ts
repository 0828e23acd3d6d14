import type { Floats } from '../check.js';
import type { Dataset } from '../data/dataset.js';
import type { Layer } from '../energy/layer.js';
import type { Problem } from '../energy/problem.js';
import type {
  Engine,
  EvaluateCall,
  Evaluation,
  GradientCall,
  LoadedData,
  Plan,
  SettleCall,
  Settled,
  Totals,
  TrainCall,
  Velocity,
} from '../engine/engine.js';

/** How many plans are kept beside the main one: each has a copy of all parameters. */
const KEPT = 4;

/**
 * The plans of one model: the one that trains, in which the input is clamped, and a few more for other sets of clamped
 * layers that calls have asked for last. The first one's parameters are the model's.
 */
export class Plans {
  readonly main: Plan;
  readonly #main: Versioned;
  /** In the order of their last use. */
  readonly #others = new Map<string, Variant>();

  constructor(
    readonly engine: Engine,
    readonly problem: Problem,
    readonly clamped: ReadonlySet<Layer>,
    initial: readonly Floats[],
  ) {
    this.#main = new Versioned(this.#compile(clamped, initial));
    this.main = this.#main;
  }

  /**
   * Works with a plan in which exactly these layers are clamped, with the model's parameters. The plan stays until the work
   * has ended. May wait for a batch.
   */
  async using<T>(clamped: ReadonlySet<Layer>, work: (plan: Plan) => Promise<T>): Promise<T> {
    const key = keyOf(this.problem, clamped);
    if (key === keyOf(this.problem, this.clamped)) return work(this.main);
    const variant = this.#others.get(key) ?? {
      plan: this.engine.compile({ ...this.#parts(), clamped }),
      version: undefined,
      calls: 0,
    };
    this.#others.delete(key);
    this.#others.set(key, variant);
    variant.calls++;
    try {
      this.#update(variant);
      return await work(variant.plan);
    } finally {
      variant.calls--;
      this.#forget();
    }
  }

  /** One more, whose parameters stay as they are now; whoever asks for it disposes of it. */
  copy(clamped: ReadonlySet<Layer>): Plan {
    return this.#compile(clamped, this.main.read());
  }

  /** A plan with these parameters. Where they cannot be written, nothing of it waits for the garbage collector. */
  #compile(clamped: ReadonlySet<Layer>, parameters: readonly Floats[]): Plan {
    const plan = this.engine.compile({ ...this.#parts(), clamped });
    try {
      plan.write(parameters);
      return plan;
    } catch (error) {
      plan.dispose();
      throw error;
    }
  }

  read(): Floats[] {
    return this.main.read();
  }

  dispose(): void {
    this.main.dispose();
    for (const { plan } of this.#others.values()) plan.dispose();
    this.#others.clear();
  }

  #update(variant: Variant): void {
    const { version } = this.#main;
    if (version !== undefined && variant.version === version) return;
    variant.plan.write(this.main.read());
    variant.version = version;
  }

  /** Disposes of those used longest ago, where there are too many and no call is under way on them. */
  #forget(): void {
    for (const [key, { plan, calls }] of this.#others) {
      if (this.#others.size <= KEPT) return;
      if (calls > 0) continue;
      plan.dispose();
      this.#others.delete(key);
    }
  }

  #parts(): Problem {
    const { energy, cost, input, output } = this.problem;
    return { energy, cost, input, output };
  }
}

interface Variant {
  readonly plan: Plan;
  /** Of the parameters that it has; undefined where they may be any. */
  version: number | undefined;
  /** Under way. */
  calls: number;
}

/** A plan that counts how often its parameters have changed. */
class Versioned implements Plan {
  readonly #plan: Plan;
  #changes = 0;
  #trainings = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** The same number, the same parameters; undefined while a training changes them at any time. */
  get version(): number | undefined {
    return this.#trainings > 0 ? undefined : this.#changes;
  }

  read(): Floats[] {
    return this.#plan.read();
  }

  write(values: readonly (Floats | undefined)[]): void {
    this.#changes++;
    this.#plan.write(values);
  }

  async train(call: TrainCall): Promise<Totals> {
    this.#trainings++;
    try {
      return await this.#plan.train(call);
    } finally {
      this.#trainings--;
      this.#changes++;
    }
  }

  settle(call: SettleCall): Promise<Settled> {
    return this.#plan.settle(call);
  }

  gradient(call: GradientCall): Promise<Floats[]> {
    return this.#plan.gradient(call);
  }

  load(data: Dataset): LoadedData {
    return this.#plan.load(data);
  }

  velocity(): Velocity {
    return this.#plan.velocity();
  }

  evaluate(call: EvaluateCall): Promise<Evaluation> {
    return this.#plan.evaluate(call);
  }

  dispose(): void {
    this.#plan.dispose();
  }
}

function keyOf({ energy }: Problem, clamped: ReadonlySet<Layer>): string {
  return [...energy.layers.values()].map((layer) => (clamped.has(layer) ? '1' : '0')).join('');
}
