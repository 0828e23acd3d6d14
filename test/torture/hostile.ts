import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe } from '../../lib/check.js';
import * as eqprop from '../../lib/index.js';
import type { Random } from '../../lib/random.js';
import { writeSmallMnist } from '../data/small-mnist.js';
import { strike } from '../hostile/strike.js';
import { disposeModels, type Target, targetsIn } from '../hostile/targets.js';
import { attacks } from '../hostile/values.js';
import { npy } from '../malformed/npy.js';
import { zip } from '../malformed/npz.js';
import { inFolder } from './folder.js';
import type { Scenario } from './scenario.js';

/** A file of each format. */
async function writeFiles(dir: string): Promise<void> {
  writeSmallMnist(dir);
  await writeFile(join(dir, 'array.npy'), npy());
  const labels = npy({ literal: "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", data: new Uint8Array(2) });
  await writeFile(join(dir, 'arrays.npz'), zip([{ name: 'x.npy' }, { name: 'y.npy', content: labels }]));
  await writeFile(join(dir, 'table.csv'), 'label,a,b\n0,1,2\n1,3,4\n');
  const model = eqprop.hopfield([2, 2], { engine: 'javascript' });
  await model.save(join(dir, 'model.safetensors'));
}

const SHARED = [Object, Array, Function, Promise, Map, Set, Error, Uint8Array, Float32Array, Float64Array, AbortSignal];

/** All that stands on prototypes that everybody shares. */
function prototypes(): unknown[] {
  return SHARED.flatMap(({ prototype }) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [prototype, key, value, get, set];
    }),
  );
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
}

/** Attacks one call so many times. Resolves with how it broke, if it did. */
async function attackTarget(target: Target, rounds: number, random: Random): Promise<string | undefined> {
  let broken: string | undefined;
  const property = fc.asyncProperty(attacks, async (attack) => {
    broken = await strike(target, attack);
    if (broken !== undefined) {
      const given = attack.makers.map((make) => describe(make())).join(', ');
      broken = `${target.name}: ${attack.where} ${attack.index}, ${attack.depth} deep, of ${given}: ${broken}`;
    }
    return broken === undefined;
  });
  await fc.check(property, { numRuns: rounds, seed: random.next() | 0, endOnFailure: true });
  return broken;
}

/** What is not attacked, and what is attacked but is not there. */
function strangers(targets: Readonly<Record<string, unknown>>): string[] {
  const missing = Object.keys(eqprop).filter((name) => !Object.hasOwn(targets, name));
  const gone = Object.keys(targets).filter((name) => !Object.hasOwn(eqprop, name));
  return [
    ...missing.map((name) => `${name} is exported, but test/hostile/targets.ts does not attack it`),
    ...gone.map((name) => `test/hostile/targets.ts attacks ${name}, which is not exported`),
  ];
}

export const hostile: Scenario = {
  what: 'hostile arguments for all that is exported: typed errors alone, no hang, no rejection unheard, prototypes as they were',
  rounds: 10_000,
  quick: 12,
  run: (rounds, random) =>
    inFolder(async (dir) => {
      await writeFiles(dir);
      // Files that a hostile path names come to lie here.
      const below = join(dir, 'a', 'b', 'c');
      await mkdir(below, { recursive: true });
      const [before, folder] = [prototypes(), process.cwd()];
      const failures: string[] = [];
      const unheard = (reason: unknown) => failures.push(`a rejection that nobody could hear: ${reason}`);
      const warned = (warning: Error) => {
        if (warning.name === 'MaxListenersExceededWarning') failures.push(`a warning: ${warning}`);
      };
      process.on('unhandledRejection', unheard).on('warning', warned);
      const targets = targetsIn(dir);
      failures.push(...strangers(targets));
      const calls = Object.values(targets).flat();
      try {
        process.chdir(below);
        for (const target of calls) {
          const broken = await attackTarget(target, rounds, random);
          if (broken !== undefined) failures.push(broken);
          if (!isSame(before, prototypes())) failures.push(`${target.name}: a prototype was changed`);
        }
        await new Promise(setImmediate);
      } finally {
        process.chdir(folder);
        disposeModels();
        process.off('unhandledRejection', unheard).off('warning', warned);
      }
      return {
        failures,
        figures: { exports: Object.keys(eqprop).length, targets: calls.length, calls: calls.length * rounds },
      };
    }),
};
