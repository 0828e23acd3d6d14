import { expect } from 'chai';
import { DataError } from '../../lib/errors.js';
import { duplicateKey, parseJson } from '../../lib/files/json.js';
import { expectError } from './support.js';

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

describe('parseJson', () => {
  const limits = { levels: 3, values: 9 };
  const parse = (json: string | Uint8Array) =>
    parseJson(json, limits, (why, cause) => new DataError('ERR_DATA', `it ${why}`, { cause }));

  for (const text of [
    '{"a":[{}]}',
    '[[[]],[[]]]',
    '[1,2,3,4,5,6,7,8]',
    '{"a":"[[[[{,,,,,,,,,,\\",[[["}',
    '7',
    ' null\n',
  ]) {
    it(`reads ${text}, as text and in UTF-8`, () => {
      expect(parse(text)).to.deep.equal(JSON.parse(text));
      expect(parse(Buffer.from(text))).to.deep.equal(JSON.parse(text));
    });
  }

  const bad: [string | Uint8Array, string][] = [
    ['', 'it is not JSON'],
    ['{"a":', 'it is not JSON'],
    ['"a', 'it is not JSON'],
    ['"a\\', 'it is not JSON'],
    ['[1]]', 'it is not JSON'],
    [Uint8Array.of(0x22, 0xff, 0x22), 'it is not valid UTF-8'],
    [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'it is not valid UTF-8'],
    ['[{"a":[[', 'it is JSON nested deeper than 3 levels'],
    ['{"a":{"b":{"c":{}}}}', 'it is JSON nested deeper than 3 levels'],
    ['[1,2,3,4,5,6,7,8,9]', 'it is JSON of more than 9 values'],
    ['[[],[],[],[],[]]', 'it is JSON of more than 9 values'],
    [',,,,,,,,,,', 'it is JSON of more than 9 values'],
    ['{"a":{"b":1,"b":2}}', "it has the key 'b' twice"],
  ];
  for (const [json, why] of bad) {
    it(`refuses ${typeof json === 'string' ? json || 'nothing' : `the bytes ${json}`}`, async () => {
      expect((await expectError(() => parse(json), DataError, 'ERR_DATA')).message).to.equal(why);
    });
  }
});
