import { expect } from 'chai';
import { duplicateKey } from '../../lib/files/json.js';

describe('duplicateKey', () => {
  const cases: [string, string | undefined][] = [
    ['{}', undefined],
    ['{"a":1,"b":2}', undefined],
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"a":{"x":1},"b":{"x":1}}', undefined],
    ['{"a":{"x":1,"x":1}}', 'x'],
    ['{"a":[{"x":1},{"x":1}]}', undefined],
    ['{"a":[{"x":1},{"y":1,"y":2}]}', 'y'],
    ['{"a":{"a":{"a":1}}, "b" : 1, "a" \n\t: 2}', 'a'],
    ['{"a":"a","b":"a"}', undefined],
    ['{"a":"\\"a\\":1,{","b":"\\\\"}', undefined],
    ['{"a\\"":1,"a\\"":2}', 'a"'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"__proto__":1,"constructor":2}', undefined],
    ['["a","a"]', undefined],
    ['"a"', undefined],
  ];
  for (const [text, key] of cases) {
    it(`finds ${key === undefined ? 'none' : JSON.stringify(key)} in ${text}`, () => {
      JSON.parse(text);
      expect(duplicateKey(text)).to.equal(key);
    });
  }

  it('needs no stack for deep or long texts', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    expect(duplicateKey(deep)).to.equal(undefined);
    expect(duplicateKey(`{"a":"${'x'.repeat(1 << 22)}"}`)).to.equal(undefined);
  });
});
