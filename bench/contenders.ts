import type { Precision } from '../lib/engine/engine.js';
import type { Dataset } from '../lib/index.js';
import { type Case, modelOf, TIMED, trainingOf } from './cases.js';
import { type Choice, hasNative, nativeForms } from './forms.js';
import { HandWrittenLoops } from './loops.js';

/** Something that can take the training steps of a case. */
export interface Contender {
  readonly engine: string;
  readonly isa: string;
  readonly precision: Precision;
  readonly threads: number;
  /** Trains one pass over the data; resolves with the seconds it took. */
  run(data: Dataset): Promise<number>;
  dispose(): void;
}

export const ENGINES = ['loops', 'javascript', 'native'] as const;

/** The hand-written loops (where they know the schedule), the javascript engine, and the native engine in all forms. */
export function contenders(
  benchCase: Case,
  batch: number,
  engines: readonly (typeof ENGINES)[number][],
  choice: Choice,
): Contender[] {
  const list: Contender[] = [];
  if (engines.includes('loops') && benchCase.sweep === undefined) list.push(handWritten(benchCase, batch));
  if (engines.includes('javascript')) list.push(engine(benchCase, batch, { engine: 'javascript' }));
  if (!engines.includes('native') || !hasNative()) return list;
  return [...list, ...nativeForms(choice).map((form) => engine(benchCase, batch, { engine: 'native', ...form }))];
}

function engine(benchCase: Case, batch: number, options: Parameters<typeof modelOf>[1]): Contender {
  const model = modelOf(benchCase, options);
  return {
    engine: model.engine.name,
    isa: model.engine.isa,
    precision: model.engine.precision,
    threads: model.engine.threads,
    async run(data) {
      const [record] = await model.fit(data, {
        ...trainingOf(benchCase, TIMED),
        epochs: 1,
        batchSize: batch,
        shuffle: false,
      });
      return record.seconds;
    },
    dispose: () => model.dispose(),
  };
}

function handWritten(benchCase: Case, batch: number): Contender {
  const loops = new HandWrittenLoops(benchCase);
  return {
    engine: 'loops',
    isa: 'none',
    precision: 'float64',
    threads: 1,
    async run(data) {
      const started = performance.now();
      for (let from = 0; from < data.count; from += batch) {
        const count = Math.min(batch, data.count - from);
        const inputs = Float64Array.from(data.inputsAsFloats(from, from + count));
        const targets = new Float64Array(count * 10);
        for (let e = 0; e < count; e++) targets[e * 10 + (data.labels?.[from + e] ?? 0)] = 1;
        loops.step(inputs, targets, count);
      }
      return (performance.now() - started) / 1000;
    },
    dispose() {},
  };
}
