/** How far an engine is from the javascript engine's float64, on a network that has learned a little. */

import { compare, type Gradient } from '../lib/audit/compare.js';
import { type Dataset, type Model, mnist } from '../lib/index.js';
import { type Case, modelOf, trainingOf } from './cases.js';

const EXAMPLES = 20;

export interface Accuracy {
  /** The greatest difference of a state at the end of the free phase. */
  readonly states: number;
  /** Of the estimate of the gradient, all parameters taken together. */
  readonly cosine: number;
}

/** What all engines are held against: weights after some steps, and what float64 makes of them. */
export class Reference {
  private constructor(
    readonly benchCase: Case,
    readonly examples: Dataset,
    readonly parameters: Record<string, Float64Array>,
    readonly states: Record<string, ArrayLike<number>>,
    readonly gradient: Gradient,
  ) {}

  static async of(benchCase: Case): Promise<Reference> {
    const learner = modelOf(benchCase, { engine: 'native' });
    const { train } = await mnist();
    const digits = train.withScale(1 / 256);
    // Random images leave outputs clipped at 0, where no nudge is felt.
    await learner.fit(digits.slice(0, 2000), { ...trainingOf(benchCase), epochs: 1, batchSize: 20 });
    const parameters = Object.fromEntries(
      [...learner.parameters].map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
    learner.dispose();
    const javascript = modelOf(benchCase, { engine: 'javascript' });
    javascript.setParameters(parameters);
    const examples = digits.slice(2000, 2000 + EXAMPLES);
    const { states, gradient } = await observe(javascript, benchCase, examples);
    return new Reference(benchCase, examples, parameters, states, gradient);
  }

  async compare(options: { engine: 'native'; isa: string }): Promise<Accuracy> {
    const model = modelOf(this.benchCase, options);
    model.setParameters(this.parameters);
    const { states, gradient } = await observe(model, this.benchCase, this.examples);
    model.dispose();
    const differences = Object.entries(this.states).map(([layer, wanted]) => greatest(states[layer], wanted));
    return { states: Math.max(...differences), cosine: compare(gradient, this.gradient).all.cosine };
  }
}

async function observe(model: Model, benchCase: Case, images: Dataset) {
  const input = images.inputsAsFloats(0, EXAMPLES);
  const target = new Float32Array(EXAMPLES * 10);
  for (const [e, label] of (images.labels ?? []).entries()) target[e * 10 + label] = 1;
  const { estimator } = trainingOf(benchCase);
  const { state } = await model.settle({ input, dynamics: estimator.settings.free as never });
  return { states: state, gradient: await model.gradient({ input, target }, estimator) };
}

function greatest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < b.length; i++) found = Math.max(found, Math.abs(a[i] - b[i]));
  return found;
}
