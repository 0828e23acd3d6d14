import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { DataError } from '../../lib/errors.js';
import { encodeSafetensors, readSafetensors, type Tensor, writeSafetensors } from '../../lib/files/safetensors.js';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../lib/training/checkpoint.js';
import { expectError, temporaryFolder } from '../files/support.js';

const record = { epoch: 1, error: 0.5, cost: 0.1, energy: -3, seconds: 2, validation: { cost: 1, energy: 2 } };
const position = {
  epoch: 2,
  totals: { examples: 4, wrong: 1, energy: -1e300, cost: 2 },
  seconds: 0.5,
  random: [1, 2, 3, 4294967295],
  seed: 7,
  history: [record],
};
const setting = {
  examples: 6,
  data: 'ab12',
  batchSize: 4,
  estimator: '["centered",{}]',
  shuffle: true,
  start: 'persistent',
  momentum: 0.5,
  keepBest: 'error',
} as const;
const good: Checkpoint = {
  position,
  setting,
  parameters: new Map([['w', Float32Array.of(1, 2)]]),
  velocity: new Map([['w', Float32Array.of(3, 4)]]),
  best: new Map([['w', Float32Array.of(5, 6)]]),
  kept: { states: new Float32Array(12), visited: new Uint8Array(6) },
};
const contents = [
  'best/w F32 2',
  'parameters/w F32 2',
  'persistent/states F32 12',
  'persistent/visited U8 6',
  'velocity/w F32 2',
];

describe('the state in a checkpoint', () => {
  const at = temporaryFolder();

  it('comes back as it was written', async () => {
    await writeCheckpoint(at('c'), good);
    expect(await readCheckpoint(at('c'))).to.deep.equal(good);
  });

  it('may say less or more of its setting', async () => {
    const more = { ...setting, model: 'cd34', optimizer: '{}' };
    await writeCheckpoint(at('c'), { ...good, setting: more });
    expect((await readCheckpoint(at('c'))).setting).to.deep.equal(more);
  });

  it('is read from a file without a checksum of its header, as earlier versions wrote it', async () => {
    await writeCheckpoint(at('c'), good);
    const { tensors, metadata } = await readSafetensors(at('c'));
    metadata.delete('sha256-header');
    writeFileSync(at('c'), Buffer.concat(encodeSafetensors(tensors, Object.fromEntries(metadata))));
    expect(await readCheckpoint(at('c'))).to.deep.equal(good);
  });

  it('holds the history of a long training, and is not written where that is too long to be read again', async () => {
    const epochs = (count: number): Checkpoint => {
      const history = Array.from({ length: count }, (_, i) => ({ ...record, epoch: i + 1 }));
      return { ...good, position: { ...position, epoch: count + 1, history } };
    };
    const long = epochs(100_000);
    await writeCheckpoint(at('c'), long);
    expect((await readCheckpoint(at('c'))).position.history).to.deep.equal(long.position.history);
    const tooLong = () => writeCheckpoint(at('c'), epochs(120_000));
    await expectError(tooLong, DataError, 'ERR_FILE', `cannot write '${at('c')}'`, 'more than 1048576 values');
    expect((await readCheckpoint(at('c'))).position.epoch).to.equal(100_001);
  }).timeout(60_000);

  /** Writes what the right checksum and the right tensors would let pass. */
  const write = (state: string | Uint8Array, change: Record<string, Tensor | undefined> = {}) => {
    const floats = (...data: number[]): Tensor => ({
      dtype: 'F32',
      shape: [data.length],
      data: Float32Array.from(data),
    });
    const tensors: Record<string, Tensor | undefined> = {
      'parameters/w': floats(1, 2),
      'velocity/w': floats(3, 4),
      'best/w': floats(5, 6),
      'persistent/states': floats(...new Array(12).fill(0)),
      'persistent/visited': { dtype: 'U8', shape: [6], data: new Uint8Array(6) },
      ...change,
    };
    const data = typeof state === 'string' ? Buffer.from(state) : state;
    tensors.state = { dtype: 'U8', shape: [data.length], data: new Uint8Array(data) };
    const given = Object.entries(tensors).filter((entry): entry is [string, Tensor] => entry[1] !== undefined);
    return writeSafetensors(at('c'), new Map(given), { format: 'eqprop-checkpoint-1' });
  };
  const expectRefused = (...parts: string[]) =>
    expectError(() => readCheckpoint(at('c')), DataError, 'ERR_DATA', `'${at('c')}' holds no checkpoint`, ...parts);

  const json = (change: { position?: object; setting?: object } = {}) =>
    JSON.stringify({
      position: { ...position, ...change.position },
      setting: { ...setting, ...change.setting },
      contents,
    });

  it('is taken from a file that another program has written by the format', async () => {
    await write(json());
    expect(await readCheckpoint(at('c'))).to.deep.equal(good);
  });

  const ofPosition = (change: object) => json({ position: change });
  const ofSetting = (change: object) => json({ setting: change });
  const ofTotals = (change: object) => ofPosition({ totals: { ...position.totals, ...change } });
  const ofRecord = (change: object) => ofPosition({ history: [{ ...record, ...change }] });
  const hostile: [string, string | Uint8Array, string][] = [
    ['nothing', '', 'JSON'],
    ['no JSON', '{', 'JSON'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'valid'],
    ['null', 'null', 'state must be an object'],
    ['a list', '[]', 'state must be an object'],
    ['lists in lists', '['.repeat(200_000), 'JSON'],
    ['objects in objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'nested'],
    ['another key', json().replace('{', '{"more":1,'), "'more'"],
    ['a history of its own', json().replace('{', '{"history":[],'), "'history'"],
    ['a key twice', json().replace('{', '{"contents":[],'), "'contents' twice"],
    ['a prototype', json().replace('{', '{"__proto__":{"polluted":1},'), "'__proto__'"],
    ['a prototype in the position', json().replace('"epoch"', '"__proto__":{"seed":1},"epoch"'), "'__proto__'"],
    ['a constructor', json().replace('"epoch"', '"constructor":{"prototype":{}},"epoch"'), "'constructor'"],
    ['no position', JSON.stringify({ setting, contents }), 'position must be an object'],
    ['an epoch of text', ofPosition({ epoch: '2' }), 'epoch must be'],
    ['epoch 0', ofPosition({ epoch: 0, history: [] }), 'epoch must be'],
    ['half an epoch', ofPosition({ epoch: 1.5 }), 'epoch must be'],
    ['a huge epoch', ofPosition({ epoch: 1e300 }), 'epoch must be'],
    ['an epoch beyond its history', ofPosition({ epoch: 3 }), 'history must have 2'],
    ['an endless number', json().replace('"seconds":0.5', '"seconds":1e999'), 'seconds must be'],
    ['time that runs back', ofPosition({ seconds: -1 }), 'seconds must be'],
    ['three numbers of the generator', ofPosition({ random: [1, 2, 3] }), 'random must be 4'],
    ['a huge number of the generator', ofPosition({ random: [1, 2, 3, 2 ** 32] }), 'random must be'],
    ['a negative seed', ofPosition({ seed: -1 }), 'seed must be'],
    ['a history of another epoch', ofRecord({ epoch: 2 }), 'epoch 1 of history'],
    ['a history that is no list', ofPosition({ history: { length: 1, 0: record } }), 'history must be an array'],
    ['no history', ofPosition({ history: undefined }), 'history must be an array'],
    ['a history without cost', ofRecord({ cost: undefined }), 'cost must be'],
    ['a history with null', ofRecord({ energy: null }), 'energy must be'],
    ['an error above 1', ofRecord({ error: 1.5 }), 'error must be'],
    ['a history with more', ofRecord({ toString: 1 }), "'toString'"],
    ['a validation of text', ofRecord({ validation: 'good' }), 'validation must be'],
    ['half a batch', ofTotals({ examples: 3 }), 'whole batches of 4'],
    ['more than all examples', ofTotals({ examples: 8 }), 'examples must be'],
    ['more wrong than seen', ofTotals({ wrong: 5 }), 'wrong must be'],
    ['a batch of 0', ofSetting({ batchSize: 0 }), 'batchSize must be'],
    ['examples beyond counting', ofSetting({ examples: 2 ** 53 }), 'examples must be'],
    ['an unknown start', ofSetting({ start: 'constructor' }), 'start must be'],
    ['a momentum of 1', ofSetting({ momentum: 1 }), 'momentum must be'],
    ['an unknown metric', ofSetting({ keepBest: 'energy' }), 'keepBest must be'],
    ['contents of numbers', json().replace('"contents":["', '"contents":[1,"'), 'contents must be'],
    ['other contents', json().replace('best/w F32 2', 'best/w F64 2'), 'not those it was written with'],
    ['velocity against its setting', ofSetting({ momentum: 0 }), 'velocity'],
    ['best parameters against its setting', ofSetting({ keepBest: 'no' }), 'best parameters'],
    ['persistent states against its setting', ofSetting({ start: 'zero' }), 'persistent states'],
    ['persistent states of fewer examples', ofSetting({ examples: 4 }), 'those of 4 examples'],
  ];
  for (const [what, state, part] of hostile) {
    it(`is refused with ${what}`, async () => {
      await write(state);
      await expectRefused(part);
      expect({}).not.to.have.property('polluted');
      expect({}).not.to.have.property('seed');
    });
  }

  it('is refused with tensors that are missing, not finite or of another kind', async () => {
    const numbers = (...data: number[]): Tensor => ({
      dtype: 'F32',
      shape: [data.length],
      data: Float32Array.from(data),
    });
    await write(json(), { 'parameters/w': undefined });
    await expectRefused('not those it was written with');
    await write(json(), { 'parameters/w': numbers(1, Number.NaN) });
    await expectRefused("'parameters/w'", 'NaN');
    await write(json(), { 'velocity/w': numbers(1, Number.POSITIVE_INFINITY) });
    await expectRefused("'velocity/w'", 'Infinity');
    await write(json(), { 'persistent/visited': { dtype: 'U8', shape: [6], data: new Uint8Array(6).fill(2) } });
    await expectRefused('0 or 1');
    await write(json().replace('"persistent/visited U8 6",', ''), { 'persistent/visited': undefined });
    await expectRefused('persistent states is missing');
  });

  it('is refused, or comes back checked, with any JSON in the place of any field', async () => {
    const fields = [
      ...Object.keys(position).map((key) => ['position', key]),
      ...Object.keys(setting).map((key) => ['setting', key]),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), fc.json({ maxDepth: 4 }), async ([part, key], value) => {
        const state = JSON.parse(json());
        state[part][key] = JSON.parse(value);
        await write(JSON.stringify(state));
        const result = await readCheckpoint(at('c')).catch((error) => error);
        if (result instanceof Error) expect(result).to.be.instanceOf(DataError);
        else expect(result[part][key]).to.deep.equal(state[part][key]);
      }),
      { numRuns: 100 },
    );
  });
});
