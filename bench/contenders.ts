import { availableParallelism } from 'node:os';
import { loadAddon } from '../lib/engine/addon.js';
import type { Dataset } from '../lib/index.js';
import { type Case, modelOf, trainingOf } from './cases.js';
import { HandWrittenLoops } from './loops.js';

/** Something that can take the training steps of a case. */
export interface Contender {
  readonly engine: string;
  readonly isa: string;
  readonly threads: number;
  /** Trains one pass over the data; resolves with the seconds it took. */
  run(data: Dataset): Promise<number>;
  dispose(): void;
}

/** The hand-written loops, the javascript engine, and the native engine on all that runs here with 1 and 2 threads. */
export function contenders(benchCase: Case, batch: number): Contender[] {
  const list = [handWritten(benchCase, batch), engine(benchCase, batch, { engine: 'javascript' })];
  const addon = loadAddon();
  if (addon instanceof Error) return list;
  const threads = availableParallelism() > 1 ? [1, 2] : [1];
  for (const isa of addon.instructionSets()) {
    for (const count of threads) list.push(engine(benchCase, batch, { engine: 'native', isa, threads: count }));
  }
  return list;
}

function engine(benchCase: Case, batch: number, options: Parameters<typeof modelOf>[1]): Contender {
  const model = modelOf(benchCase, options);
  return {
    engine: model.engine.name,
    isa: model.engine.isa,
    threads: model.engine.threads,
    async run(data) {
      const [record] = await model.fit(data, { ...trainingOf(benchCase), epochs: 1, batchSize: batch, shuffle: false });
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
