import { expect } from 'chai';
import { dense, type Interaction, layer, leak, Model, squaredError, sum } from '../../lib/index.js';
import { expectRejects, expectThrows } from '../support.js';

describe("snapshots of users' parts", () => {
  const [x, y] = [layer([2], { clamped: true }), layer([2])];

  const own = (more: object): Interaction => ({
    kind: 'own',
    layers: [y],
    reads: 'state',
    parameters: [],
    energy: () => {},
    stateGradient: () => {},
    parameterGradient: () => {},
    ...more,
  });

  it('functions are called on the object that they belong to', async () => {
    class Counting {
      readonly kind = 'counting';
      readonly layers = [y];
      readonly reads = 'state';
      readonly parameters = [];
      #calls = 0;
      energy(): void {
        this.#calls++;
      }
      stateGradient(): void {
        this.#calls++;
      }
      parameterGradient(): void {}
      get calls(): number {
        return this.#calls;
      }
    }
    const counting = new Counting();
    const energy = sum(leak(y), dense(x, y), counting as Interaction);
    const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript' });
    await model.settle({ input: Float32Array.of(0, 1) });
    expect(counting.calls).to.be.above(1);
  });

  it('a method that returns a promise is refused, and its rejection ends nothing', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', hear);
    const late = own({ stateGradient: async () => Promise.reject(new Error('too late')) });
    const energy = sum(leak(y), dense(x, y), late);
    const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript' });
    await expectRejects(
      model.settle({ input: Float32Array.of(0, 1) }),
      'ERR_ARGUMENT',
      'stateGradient',
      'return nothing',
    );
    await new Promise(setImmediate);
    process.off('unhandledRejection', hear);
    expect(unheard).to.deep.equal([]);
  });

  it('what cannot be read, or is of another type than the contract says, is refused at once', () => {
    const attack = () => {
      throw new Error('from a getter');
    };
    const hostile = Object.defineProperty(own({}), 'curvature', { get: attack });
    expectThrows(() => sum(hostile), 'ERR_ARGUMENT', 'interaction 1 must be readable', 'from a getter');
    expectThrows(() => sum(own({ curvature: 'x' })), 'ERR_ARGUMENT', 'interaction 1 curvature');
    expectThrows(
      () => sum(own({ parameters: [{ name: 'w', shape: new Float32Array(2), initialise: attack }] })),
      'ERR_ARGUMENT',
      'shape',
    );
    expectThrows(() => sum(own({ parameters: new Array(2 ** 32 - 1) })), 'ERR_ARGUMENT', 'must be smaller');
    expectThrows(() => Reflect.apply(sum, undefined, []), 'ERR_ARGUMENT', 'one or more interactions');
  });
});
