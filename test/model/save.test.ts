import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parametersOf } from '../../lib/energy/problem.js';
import { dense, euler, hopfield, layer, leak, Model, squaredError, sum } from '../../lib/index.js';
import { writeModelFile } from '../../lib/model/file.js';
import { rewritten } from '../malformed/written.js';
import { expectRejects, fingerprint, floats, largestDifference } from '../support.js';

const sizes = [6, 5, 3];
const input = floats(2 * 6, 1);

describe('save and load', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eqprop-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('give the same model back, on either engine', async () => {
    for (const engine of ['native', 'javascript'] as const) {
      const path = join(folder, `${engine}.safetensors`);
      const options = { activation: 'tanh', output: { activation: 'linear', range: [-1, 2] } } as const;
      const model = hopfield(sizes, { seed: 4, engine, dynamics: euler({ iterations: 7 }), ...options });
      await model.save(path);
      const same = await Model.load(path, { engine });
      expect(fingerprint(same)).to.equal(fingerprint(model));
      expect(same.dynamics).to.deep.equal(model.dynamics);
      expect(same.output.range).to.deep.equal([-1, 2]);
      const [a, b] = [await model.settle({ input }), await same.settle({ input })];
      expect([...b.state.output]).to.deep.equal([...a.state.output]);
      const other = await Model.load(path, { engine: engine === 'native' ? 'javascript' : 'native' });
      expect(largestDifference((await other.settle({ input })).state.output, a.state.output)).to.be.below(1e-5);
    }
  });

  it('take an option that is undefined for one that was left out', async () => {
    const path = join(folder, 'model.safetensors');
    await hopfield(sizes, { dynamics: euler({ iterations: 7 }), start: 'feedForward' }).save(path);
    const { dynamics, start } = await Model.load(path, { dynamics: undefined, start: undefined } as object);
    expect([dynamics, start]).to.deep.equal([euler({ iterations: 7 }), 'feedForward']);
  });

  it('tell names in a file without what a terminal would obey', async () => {
    const path = join(folder, 'model.safetensors');
    const name = 'a\u001b[2J\nb';
    const [x, y, other] = [layer([1], { name: 'x', clamped: true }), layer([1]), layer([1], { name, clamped: true })];
    const energy = sum(leak(y), dense(x, y, { name: 'to' }), dense(other, y, { name: 'from' }));
    const problem = { energy, cost: squaredError(y), input: x, output: y };
    const parameters = new Map(
      [...parametersOf(problem)].map(([key, { shape }]) => [key, { shape, data: new Float64Array(1) }]),
    );
    await writeModelFile(path, problem, { dynamics: euler({ iterations: 1 }), start: 'zero' }, parameters);
    const error = await Model.load(path).catch((cause: Error) => cause);
    expect(error).to.have.property('code', 'ERR_DATA');
    expect((error as Error).message)
      .to.contain("'a�[2J�b'")
      .and.not.contain('\n');
  });

  it('refuse files that are missing, foreign or damaged, and leave what stood there', async () => {
    const path = join(folder, 'model.safetensors');
    await expectRejects(Model.load(path), 'ERR_FILE', path);
    await expectRejects(Model.load(folder), 'ERR_FILE', folder);
    const model = hopfield(sizes, { engine: 'native' });
    await model.save(path);
    const good = await readFile(path);
    const damaged = Buffer.from(good);
    damaged[damaged.length - 1] ^= 1;
    for (const [content, ...words] of [
      [Buffer.alloc(0), 'model.safetensors'],
      [good.subarray(0, good.length - 4), 'model.safetensors'],
      [damaged, 'damaged'],
      [rewritten(good, (header) => header.replace('eqprop-model-1', 'eqprop-model-9')), 'eqprop-model-1'],
      [Buffer.from(good.toString('latin1').replace('eqprop-model-1', 'eqprop-model-9'), 'latin1'), 'damaged'],
    ] as [Buffer, string][]) {
      await writeFile(path, content);
      await expectRejects(Model.load(path), 'ERR_DATA', ...words);
    }
    await writeFile(path, good);
    await expectRejects(model.save(join(folder, 'no', 'where')), 'ERR_FILE', 'where');
    await symlink(path, join(folder, 'link'));
    await expectRejects(model.save(join(folder, 'link')), 'ERR_FILE', 'symbolic link');
    expect(fingerprint(await Model.load(path, { engine: 'native' }))).to.equal(fingerprint(model));
    const other = join(folder, 'contradicts.safetensors');
    const contradicting = (header: string) => header.replace('\\"clamped\\":true', '\\"clamped\\":false');
    await writeFile(other, rewritten(good, contradicting));
    await expectRejects(Model.load(other), 'ERR_DATA', 'contradicts.safetensors', 'clamped');
    await expectRejects(Model.load(path, { sed: 1 } as never), 'ERR_NAME', "'sed'");
    await expectRejects(model.save(7 as never), 'ERR_ARGUMENT', 'save path', '7');
  });
});
