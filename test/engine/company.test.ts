import { expect } from 'chai';
import { coordinateDescent, type Equilibrium, euler, fixedPoint, hopfield } from '../../lib/index.js';
import { floats, instructionSets } from '../support.js';

const count = 70; // several tiles for each of two threads, the last not full
const input = floats(count * 60, 1, -1).map((x) => Math.max(0, x));
const target = floats(count * 10, 2);

/** All that settling says of some of its examples. */
function partOf(settled: Equilibrium, from: number, to: number) {
  const total = settled.iterations.length;
  const rows = (values: ArrayLike<number>) => {
    const size = values.length / total;
    return Array.from(values).slice(from * size, to * size);
  };
  return {
    state: Object.fromEntries(Object.entries(settled.state).map(([layer, values]) => [layer, rows(values)])),
    lists: [settled.energy, settled.cost ?? [], settled.residual, settled.iterations].map(rows),
    converged: settled.converged.slice(from, to),
  };
}

describe('an example that stops at its own tolerance', () => {
  const dynamics = [
    euler({ iterations: 200, tolerance: 1e-3 }),
    fixedPoint({ iterations: 200, tolerance: 1e-3, relaxation: 0.5 }),
    coordinateDescent({ iterations: 200, tolerance: 1e-3 }),
    coordinateDescent({ iterations: 200, tolerance: 1e-4, relaxation: 1.3 }),
  ];
  const engines = [
    { engine: 'javascript' as const },
    ...instructionSets().flatMap((isa) => [1, 2].map((threads) => ({ engine: 'native' as const, isa, threads }))),
  ];
  for (const options of engines) {
    it(`has the same bits alone and in any batch: ${Object.values(options).join(', ')}`, async () => {
      const model = hopfield([60, 70, 40, 10], { seed: 4, ...options });
      for (const dynamic of dynamics) {
        const settle = (from: number, to: number, beta: number) =>
          model.settle({
            input: input.subarray(from * 60, to * 60),
            target: target.subarray(from * 10, to * 10),
            beta,
            dynamics: dynamic,
          });
        for (const beta of [0, 0.5]) {
          const together = await settle(0, count, beta);
          expect(new Set(together.iterations).size, 'they stop at different times').to.be.above(2);
          for (const [from, to] of [
            [0, 1],
            [33, 34],
            [69, 70],
            [11, 30],
            [24, 70],
          ]) {
            const some = await settle(from, to, beta);
            expect(partOf(some, 0, to - from), `${dynamic.kind}, examples ${from} to ${to}`).to.deep.equal(
              partOf(together, from, to),
            );
          }
        }
      }
      model.dispose();
    });
  }
});
