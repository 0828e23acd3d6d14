import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { centered, dataset, euler, hopfield, sgd } from '../../lib/index.js';
import { temporaryFolder } from '../files/support.js';
import { floats } from '../support.js';

const ROOT = dirname(require.resolve('eqprop/package.json'));

/** The rules that the reference implementation of the format enforces, in Python without packages. */
const RULES = `
import json, struct, sys
size = {'F64': 8, 'F32': 4, 'I32': 4, 'U32': 4, 'U8': 1}
def pairs(entries):
    assert len(entries) == len(dict(entries)), 'a key twice'
    return dict(entries)
content = open(sys.argv[1], 'rb').read()
assert len(content) >= 8
(length,) = struct.unpack('<Q', content[:8])
assert length <= 100_000_000 and 8 + length <= len(content)
text = content[8:8 + length].decode('utf-8')
assert text[0] == '{' and text.rstrip(' ')[-1] == '}'
header = json.loads(text, object_pairs_hook=pairs)
for key, value in header.pop('__metadata__').items():
    assert type(key) is str and type(value) is str
at = 0
for name, tensor in sorted(header.items(), key=lambda item: item[1]['data_offsets']):
    assert set(tensor) == {'dtype', 'shape', 'data_offsets'}, name
    count = 1
    for side in tensor['shape']:
        assert type(side) is int and side >= 0
        count *= side
    begin, end = tensor['data_offsets']
    assert begin == at and end == begin + count * size[tensor['dtype']], name
    assert (8 + length + begin) % size[tensor['dtype']] == 0, 'not aligned'
    at = end
assert 8 + length + at == len(content)
print(*sorted(header))
`;

describe('a checkpoint in Python', () => {
  const at = temporaryFolder();

  it('keeps the rules of safetensors, and is read by what docs/checkpoints.md says', async function () {
    if (spawnSync('python3', ['--version']).status !== 0) {
      console.warn('    there is no python3 here');
      this.skip();
    }
    const model = hopfield([12, 5, 3], { seed: 1, threads: 1 });
    const data = dataset({ inputs: floats(48, 1), shape: [12], labels: [0, 1, 2, 0], classes: 3 });
    const dynamics = euler({ iterations: 3 });
    await model.fit(data, {
      epochs: 2,
      estimator: centered({ beta: 1, free: dynamics, nudged: dynamics }),
      optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }),
      start: 'persistent',
      validation: data,
      keepBest: true,
      checkpoint: { dir: at('c') },
    });
    const file = at('c', readdirSync(at('c')).sort()[1]);
    const python = (program: string, path = file) =>
      execFileSync('python3', ['-c', program, path], { encoding: 'utf8' });

    const names = [...model.parameters.keys()];
    const tensors = ['best', 'parameters', 'velocity'].flatMap((part) => names.map((name) => `${part}/${name}`));
    const all = [...tensors, 'persistent/states', 'persistent/visited', 'state'].sort();
    expect(python(RULES).trim()).to.equal(all.join(' '));

    await model.save(at('model'));
    expect(python(RULES, at('model')).trim()).to.equal([...names].sort().join(' '));

    const page = readFileSync(join(ROOT, 'docs/checkpoints.md'), 'utf8');
    const [epoch, ...lines] = python(/```python\n(.*?)```/s.exec(page)?.[1] ?? '')
      .trim()
      .split('\n');
    expect(epoch).to.equal('epoch 3');
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(names.sort().map((name) => `parameters/${name}`));
    for (const line of lines) expect(Number.isFinite(Number(line.split(' ')[2])), line).to.equal(true);
  });
});
