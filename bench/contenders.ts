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

/** Which contenders to take. */
export interface Choice {
  /** `loops`, `javascript`, `native`. */
  readonly engines: readonly string[];
  /** Instruction sets of the native engine; undefined: all that run here. */
  readonly isas: readonly string[] | undefined;
  readonly threads: readonly number[];
}

/** The hand-written loops (where they know the schedule), the javascript engine, and the native engine in all forms. */
export function contenders(benchCase: Case, batch: number, { engines, isas, threads }: Choice): Contender[] {
  const list: Contender[] = [];
  if (engines.includes('loops') && benchCase.sweep === undefined) list.push(handWritten(benchCase, batch));
  if (engines.includes('javascript')) list.push(engine(benchCase, batch, { engine: 'javascript' }));
  if (!engines.includes('native')) return list;
  for (const isa of instructionSets().filter((name) => isas?.includes(name) ?? true)) {
    for (const count of threads) list.push(engine(benchCase, batch, { engine: 'native', isa, threads: count }));
  }
  return list;
}

/** Those of the native engine that run here. */
export function instructionSets(): string[] {
  const addon = loadAddon();
  return addon instanceof Error ? [] : addon.instructionSets();
}

/** Operations a second that an instruction set could do at most here and now. */
export function peakOf({ isa, threads }: Pick<Contender, 'isa' | 'threads'>): number {
  const addon = loadAddon();
  return addon instanceof Error || isa === 'none' ? Number.NaN : addon.peak(isa, threads, PEAK_SECONDS);
}

const PEAK_SECONDS = 0.03;

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
