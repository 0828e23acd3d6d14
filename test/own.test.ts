import { expect } from 'chai';
import { sgd } from '../lib/index.js';
import { isMade, markMade, own, reasonOf } from '../lib/own.js';
import { unaskable } from './hostile/unaskable.js';
import { expectThrows } from './support.js';

describe('own', () => {
  it('copies plain objects and arrays, however deep, with holes filled', () => {
    const given = { a: [1, { b: 'x' }], c: Object.assign(new Array(3), { 1: 2 }) };
    const copy = own('it', given) as typeof given;
    given.a[0] = 7;
    (given.a[1] as { b: string }).b = 'y';
    expect(copy).to.deep.equal(
      Object.assign(Object.create(null), { a: [1, { b: 'x' }], c: [undefined, 2, undefined] }),
    );
  });

  it('reads each value once', () => {
    let read = 0;
    const given = Object.defineProperty({}, 'a', { get: () => ++read, enumerable: true });
    const copy = own('it', given) as { a: number };
    expect([copy.a, copy.a, read]).to.deep.equal([1, 1, 1]);
  });

  it('keeps __proto__ a key like any other', () => {
    const copy = own('it', JSON.parse('{"__proto__": {"polluted": 1}}')) as Record<string, unknown>;
    expect(Object.keys(copy)).to.deep.equal(['__proto__']);
    expect(copy.polluted).to.equal(undefined);
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined);
  });

  it('passes on functions, objects of classes, and ordinary typed arrays', () => {
    class Mine {}
    for (const value of [
      () => 1,
      new Mine(),
      new Map(),
      new Float32Array(3),
      new AbortController().signal,
      markMade({}),
    ]) {
      expect(own('it', value)).to.equal(value);
    }
  });

  it('sees typed arrays through what they say of themselves', () => {
    class Lying extends Float32Array {
      override get length(): number {
        return 2 ** 30;
      }
    }
    const lying = new Lying(4).fill(2);
    const view = own('it', lying) as Float32Array;
    expect([view.length, view.buffer === lying.buffer, Object.getPrototypeOf(view)]).to.deep.equal([
      4,
      true,
      Float32Array.prototype,
    ]);
    const spoofed = Object.defineProperty(new Float32Array(2), 'length', { value: 9 });
    expect((own('it', spoofed) as Float32Array).length).to.equal(2);
  });

  it('puts what reading throws into words', () => {
    const attack = () => {
      throw new TypeError('from a\ngetter');
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    expectThrows(
      () =>
        own('it', {
          get a() {
            return attack();
          },
        }),
      'ERR_ARGUMENT',
      'it must be readable',
      'from a getter',
    );
    expectThrows(() => own('it', new Proxy({}, { ownKeys: attack })), 'ERR_ARGUMENT', 'it must be readable');
    expectThrows(() => own('it', revoked.proxy), 'ERR_ARGUMENT', 'it must be readable');
  });

  for (const kind of ['proxy', 'heir'] as const) {
    it(`does not ask what reading threw what it is: ${kind}`, () => {
      const options = {
        get learningRate(): number {
          throw unaskable('thrown', kind);
        },
      };
      expectThrows(
        () => sgd(options),
        'ERR_ARGUMENT',
        'sgd options must be readable',
        'something that cannot be shown',
      );
    });
  }

  it('refuses what has no end', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const wide: Record<string, unknown> = {};
    for (let i = 0; i < 20; i++) wide[i] = wide;
    for (const value of [
      cyclic,
      wide,
      new Array(2 ** 32 - 1),
      new Proxy([], { get: (_, key) => (key === 'length' ? 1e9 : 1) }),
    ]) {
      expectThrows(() => own('it', value), 'ERR_ARGUMENT', 'it must be smaller');
    }
  });

  it('knows what the package made from what looks like it', () => {
    const made = markMade({});
    expect([
      isMade(made),
      isMade({}),
      isMade(new Proxy(made, {})),
      isMade(Object.create(made)),
      isMade(1),
    ]).to.deep.equal([true, false, false, false, false]);
  });

  it('tells a reason of anything that was thrown', () => {
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw 1;
      },
    });
    expect([
      reasonOf(new Error('a\n b')),
      reasonOf(7),
      reasonOf(Symbol('s')),
      reasonOf(Object.create(null)),
      reasonOf(hostile),
    ]).to.deep.equal(['a b', '7', 'Symbol(s)', 'something that cannot be shown', 'something that cannot be shown']);
  });
});
