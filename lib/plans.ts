import type { Floats } from './check.js';
import type { Layer } from './energy/layer.js';
import type { Problem } from './energy/problem.js';
import type { Engine, Plan } from './engine/engine.js';

/**
 * The plans of one model: the one that trains, in which the input is clamped, and one more for each other set of clamped
 * layers that a call has asked for. The first one's parameters are the model's.
 */
export class Plans {
  readonly main: Plan;
  readonly #others = new Map<string, Plan>();

  constructor(
    readonly engine: Engine,
    readonly problem: Problem,
    readonly clamped: ReadonlySet<Layer>,
  ) {
    this.main = engine.compile({ ...this.#parts(), clamped });
  }

  /** A plan in which exactly these layers are clamped, with the model's parameters. May wait for a batch. */
  for(clamped: ReadonlySet<Layer>): Plan {
    const key = keyOf(this.problem, clamped);
    if (key === keyOf(this.problem, this.clamped)) return this.main;
    let plan = this.#others.get(key);
    if (!plan) {
      plan = this.engine.compile({ ...this.#parts(), clamped });
      this.#others.set(key, plan);
    }
    plan.write(this.main.read());
    return plan;
  }

  /** One more, whose parameters stay as they are now; whoever asks for it disposes of it. */
  copy(clamped: ReadonlySet<Layer>): Plan {
    const plan = this.engine.compile({ ...this.#parts(), clamped });
    plan.write(this.main.read());
    return plan;
  }

  read(): Floats[] {
    return this.main.read();
  }

  dispose(): void {
    this.main.dispose();
    for (const plan of this.#others.values()) plan.dispose();
    this.#others.clear();
  }

  #parts(): Problem {
    const { energy, cost, input, output } = this.problem;
    return { energy, cost, input, output };
  }
}

function keyOf({ energy }: Problem, clamped: ReadonlySet<Layer>): string {
  return [...energy.layers.values()].map((layer) => (clamped.has(layer) ? '1' : '0')).join('');
}
