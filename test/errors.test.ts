import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import * as eqprop from '../lib/index.js';

const root = dirname(require.resolve('eqprop/package.json'));
const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
const source = readFileSync(join(root, 'lib', 'errors.ts'), 'utf8');

/** The codes of the type ErrorCode, which is not there when the program runs. */
const codes = [...source.matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code);

/** The sentences on the page, by code. */
const sentences = new Map([...page.matchAll(/^\| `(ERR_\w+)` \| `(.*)` \|$/gm)].map(([, code, text]) => [code, text]));

const { hopfield, layer, sgd, euler, positive, continual, dataset } = eqprop;
const free = euler({ iterations: 2 });
const data = dataset({ inputs: new Float32Array(4), shape: [4], labels: [0] });

/** How a user comes to see each sentence, in a folder of its own; those that only a failure of ours shows are absent. */
const ways: Readonly<Record<string, () => unknown>> = {
  ERR_ARGUMENT: () => sgd({ learningRate: -1 }),
  ERR_SHAPE: () => hopfield([4, 2]).predict(new Float32Array(3)),
  ERR_NAME: () => layer([2], { activation: 'relu' as never }),
  ERR_FILE: () => eqprop.readNpy('missing.npy'),
  ERR_DATA: () => {
    writeFileSync('iris.csv', 'width,height,label\n1,2,setosa\n');
    return eqprop.readCsv('iris.csv');
  },
  ERR_ENGINE: () =>
    hopfield([4, 1], { engine: 'native' }).gradient(
      { input: new Float32Array(4), target: new Float32Array(1) },
      continual({ beta: 1, free, nudged: free }),
    ),
  ERR_MEMORY: () => hopfield([2 ** 31 - 1, 2 ** 22]),
  async ERR_BUSY() {
    const model = hopfield([4, 1], { engine: 'javascript' });
    const options = {
      epochs: 1,
      estimator: positive({ beta: 1, free, nudged: free }),
      optimizer: sgd({ learningRate: 0 }),
    };
    const first = model.fit(data, options);
    const second = model.fit(data, options);
    await Promise.allSettled([first, second]);
    return second;
  },
  ERR_DISPOSED() {
    const model = hopfield([4, 1]);
    model.dispose();
    return model.evaluate(data);
  },
  ERR_DIVERGED: () => {
    throw new eqprop.DivergenceError('training', 12, 'parameter', 'dense1.weight');
  },
};

describe('docs/errors.md', () => {
  const before = process.cwd();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'eqprop-errors-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  it('are told without what a terminal would obey', () => {
    const { message, tensor } = new eqprop.DivergenceError('settling', 1, 'state', 'a\u001b[2J\nb');
    expect(message).to.contain("'a�[2J�b'");
    expect(tensor).to.equal('a\u001b[2J\nb');
  });

  it('has every code, with what it means and a sentence', () => {
    expect(codes).to.have.length.above(10);
    expect([...sentences.keys()]).to.have.members(codes);
    for (const code of codes) expect(page, code).to.match(new RegExp(`^\\|[^|]*\\| \`${code}\` \\| [a-z]`, 'm'));
  });

  it('has every class', () => {
    const classes = Object.entries(eqprop).filter(([, value]) => Object.getPrototypeOf(value) === eqprop.EqpropError);
    expect(classes).to.have.length(5);
    for (const [name] of classes) expect(page).to.include(`| \`${name}\` |`);
  });

  for (const [code, way] of Object.entries(ways)) {
    it(`says of ${code} what the package says`, async () => {
      const error = await (async () => way())().then(
        () => undefined,
        (thrown: unknown) => thrown as eqprop.EqpropError,
      );
      expect(error?.code).to.equal(code);
      const sentence = sentences.get(code) ?? '';
      // What differs between machines is the memory.
      const text = (message: string) => message.replace(/ [\d.]+ GiB, and this machine has [\d.]+/, '');
      expect(text(error?.message ?? '')).to.equal(text(sentence));
    });
  }

  it('leaves out only what no user can bring about', () => {
    expect(codes.filter((code) => !Object.hasOwn(ways, code))).to.deep.equal(['ERR_INTERNAL']);
  });
});
