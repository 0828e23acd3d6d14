import { join } from 'node:path';
import { types } from 'node:util';
import * as eqprop from '../../lib/index.js';

const names = eqprop as unknown as Readonly<Record<string, (...all: unknown[]) => unknown>>;

/** A call to attack. */
export interface Target {
  readonly name: string;
  /** Arguments that are sound, made anew for each call. */
  arguments(): unknown[];
  /** Makes the call, and lets go of what it returns. */
  call(self: unknown, args: unknown[]): unknown;
  /** What it is called on: attacked, too. */
  self?(): unknown;
  /** Whether what a caller's own function throws comes out as it is: a callback's error ends a training. */
  readonly passesOn?: boolean;
}

const { layer, dense, leak, bias, sum, squaredError, euler, langevin, positive, sgd, dataset, hopfield } = eqprop;

const dynamics = () => euler({ iterations: 3 });
const noisy = () => langevin({ temperature: 0.1, iterations: 3 });
const nudges = () => ({ beta: 0.5, free: dynamics(), nudged: dynamics() });
const estimator = () => positive(nudges());
const input = () => layer([2], { clamped: true });
const floats = (...numbers: number[]) => Float32Array.from(numbers);
const data = () => dataset({ inputs: floats(0, 1, 1, 0), shape: [2], labels: [0, 1], classes: 2 });

/** Aborted at the next turn of the loop, so that no number of epochs or iterations takes long. */
function soon(): AbortSignal {
  const controller = new AbortController();
  setImmediate(() => controller.abort());
  return controller.signal;
}

function energyOf(x: eqprop.Layer, y: eqprop.Layer): eqprop.Energy {
  return sum(leak(y), bias(y), dense(x, y));
}

function spec() {
  const [x, y] = [input(), layer([2])];
  const [energy, cost] = [energyOf(x, y), squaredError(y)];
  return { energy, cost, input: x, output: y, seed: 1, dynamics: dynamics(), start: 'zero', engine: 'javascript' };
}

/** An interaction as a user writes it. */
function ownInteraction(x: eqprop.Layer) {
  return {
    kind: 'own',
    name: 'mine',
    layers: [x],
    reads: 'state',
    linear: false,
    quadratic: true,
    curvature: 1,
    parameters: [{ name: 'weight', shape: [2], least: -1, initialise: (to: Float64Array) => void to.fill(0) }],
    energy: (_: unknown, __: unknown, batch: number, energy: Float64Array) => void energy.fill(0, batch),
    stateGradient: () => {},
    parameterGradient: () => {},
  };
}

function ownCost(y: eqprop.Layer) {
  return {
    kind: 'own',
    layer: y,
    targetShape: [2],
    parameters: [],
    curvature: 1,
    quadratic: true,
    value: () => {},
    stateGradient: () => {},
  };
}

/** Lets a part act on the layer of the problem at hand, unless the attack has made that something else. */
function retarget(part: unknown, key: 'layer' | 'layers', value: unknown): void {
  if (typeof part !== 'object' || part === null || types.isProxy(part)) return;
  const at = (object: object, name: string): unknown =>
    types.isProxy(object) ? undefined : Object.getOwnPropertyDescriptor(object, name)?.value;
  const now = at(part, key);
  const first = typeof now === 'object' && now !== null ? (at(now, '0') ?? now) : now;
  if (!types.isProxy(first) && first instanceof eqprop.Layer) Object.defineProperty(part, key, { value });
}

/** Puts a user's parts to work. */
async function settleWith(energy: eqprop.Energy, cost: unknown, x: eqprop.Layer, y: eqprop.Layer): Promise<void> {
  const model = new eqprop.Model({ energy, cost: cost as eqprop.Cost, input: x, output: y, engine: 'javascript' });
  try {
    const call = { input: floats(0, 1), target: floats(1, 0), signal: soon() };
    await model.settle({ ...call, beta: 0.1, dynamics: dynamics() });
    await model.gradient(call, estimator());
  } finally {
    model.dispose();
  }
}

/** The models that calls are made on. They stay usable, whatever is done to them. */
const models: Record<string, eqprop.Model> = {};
const modelOf = (engine: 'native' | 'javascript') => {
  models[engine] ??= hopfield([2, 3, 2], { seed: 1, engine, ...(engine === 'native' && { threads: 1 }) });
  return models[engine];
};
/** Disposes of them. */
export function disposeModels(): void {
  for (const engine of Object.keys(models)) {
    models[engine].dispose();
    delete models[engine];
  }
}

/** A plain function of the package: what it makes is disposed of. */
function plain(name: string, args: () => unknown[]): Target {
  return {
    name,
    arguments: args,
    async call(_, given) {
      const made = await names[name](...given);
      if (made instanceof eqprop.Model) made.dispose();
    },
  };
}

function construction(name: 'Layer' | 'Energy' | 'Model' | 'Dataset', args: () => unknown[]): Target {
  return {
    name: `new ${name}`,
    arguments: args,
    call(_, given) {
      const made = Reflect.construct(names[name], given);
      if (made instanceof eqprop.Model) made.dispose();
    },
  };
}

/** A method, a getter or a static method, called on what may be no instance. */
function method(of: object, name: string, self: () => unknown, args: () => unknown[], passesOn = false): Target {
  return {
    name: `${of.constructor.name} ${name}`,
    arguments: args,
    self,
    passesOn,
    call: (on, given) => Reflect.apply(Reflect.get(of, name) as () => unknown, on, given),
  };
}

function methodsOfModel(engine: 'native' | 'javascript'): Target[] {
  const self = () => modelOf(engine);
  const of = (name: string, args: () => unknown[], passesOn = false) => ({
    ...method(eqprop.Model.prototype, name, self, args, passesOn),
    name: `Model ${name}, ${engine}`,
  });
  const batch = () => ({
    input: floats(0, 1),
    target: floats(1, 0),
    weights: floats(1),
    start: 'zero',
    signal: soon(),
  });
  const settling = () => ({
    ...batch(),
    beta: 0.1,
    dynamics: dynamics(),
    clamp: { hidden1: { values: floats(0, 1, 0), mask: Uint8Array.of(0, 1, 0) } },
  });
  const from = () => ({ hidden1: floats(0, 0, 0), output: floats(0, 0) });
  return [
    of('settle', () => [settling()]),
    of('settle', () => [{ ...batch(), start: undefined, from: { state: from() } }]),
    of('record', () => [{ ...settling(), updates: true }]),
    of('gradient', () => [batch(), estimator()]),
    of('audit', () => [batch(), { estimators: [estimator()], beta: 0.1, dynamics: dynamics(), steps: 1 }]),
    of('evaluate', () => [data(), { dynamics: dynamics(), start: 'zero', signal: soon() }]),
    of('predict', () => [floats(0, 1), { dynamics: dynamics(), start: 'zero', signal: soon() }]),
    of('predict', () => [data(), {}]),
    of('readOut', () => [floats(0, 1), { dynamics: dynamics(), start: 'zero', signal: soon() }]),
    of('readOut', () => [data(), {}]),
    of('fit', () => [data(), fitOptions()], true),
    of('setParameters', () => [{ 'bias1.bias': floats(0, 0, 0), 'dense2.weight': floats(0, 0, 0, 0, 0, 0) }]),
    of('save', () => ['model.safetensors']),
    {
      ...of('dispose', () => []),
      // A model of its own, as it is used up.
      call: (on, given) =>
        Reflect.apply(eqprop.Model.prototype.dispose, on === self() ? hopfield([1, 1], { engine }) : on, given),
    },
    {
      ...of('parameters', () => []),
      call: (on) => Reflect.get(eqprop.Model.prototype, 'parameters', on),
    },
  ];
}

function fitOptions() {
  return {
    epochs: 1,
    batchSize: 2,
    estimator: estimator(),
    optimizer: sgd({
      learningRate: { 'bias1.bias': 0.1, 'bias2.bias': 0.1, 'dense1.weight': 0.1, 'dense2.weight': 0.1 },
    }),
    validation: data(),
    shuffle: true,
    start: 'zero',
    signal: soon(),
    onProgress: () => {},
    onEpochEnd: () => {},
  };
}

const pair = () => [layer([2]), layer([3])];
const withName = () => ({ name: 'x' });

/** What each name of the package is attacked by; `dir` is a folder with a file of each format. */
export function targetsIn(dir: string): Readonly<Record<string, readonly Target[]>> {
  const file = (name: string) => join(dir, name);
  const estimators = [
    'positive',
    'negative',
    'centered',
    'randomSign',
    'plasticity',
    'coupled',
    'coupledNegative',
    'coupledCentered',
  ] as const;
  const errors = ['EqpropError', 'ArgumentError', 'DataError', 'DivergenceError', 'EngineError', 'StateError'];
  return {
    ...Object.fromEntries(estimators.map((name) => [name, [plain(name, () => [nudges()])]])),
    // The package makes them, callers only look at them.
    ...Object.fromEntries(errors.map((name) => [name, []])),
    Dataset: [
      construction('Dataset', () => [{ ...data() }]),
      method(eqprop.Dataset.prototype, 'slice', data, () => [0, 1]),
      method(
        eqprop.Dataset.prototype,
        'withScale',
        () => dataset({ inputs: Uint8Array.of(1), shape: [1], labels: [0] }),
        () => [0.5],
      ),
      method(eqprop.Dataset.prototype, 'inputsAsFloats', data, () => [0, 1]),
    ],
    Energy: [
      construction('Energy', () => [[leak(layer([2]))]]),
      method(
        eqprop.Energy.prototype,
        'nameOf',
        () => energyOf(input(), layer([2])),
        () => [layer([2])],
      ),
    ],
    Layer: [construction('Layer', () => [[2, 2], { name: 'x', clamped: false, activation: 'tanh', range: [-1, 1] }])],
    Model: [
      construction('Model', () => [spec()]),
      method(
        eqprop.Model,
        'load',
        () => eqprop.Model,
        () => [file('model.safetensors'), { engine: 'javascript', seed: 1 }],
      ),
      ...methodsOfModel('javascript'),
      ...methodsOfModel('native'),
    ],
    nativeBytes: [],
    setThreadLimit: [plain('setThreadLimit', () => [2])],
    threadLimit: [],
    anderson: [plain('anderson', () => [{ memory: 3, relaxation: 1, iterations: 3, tolerance: 0 }])],
    angleBetween: [plain('angleBetween', () => [floats(1, 2), floats(2, 1)])],
    bias: [plain('bias', () => [layer([2]), withName()])],
    colouring: [plain('colouring', () => [energyOf(input(), layer([2])), new Set([layer([1])])])],
    conjugateLeak: [
      plain('conjugateLeak', () => [layer([2], { activation: 'linear', range: [0, 1] }), 'sigmoid', withName()]),
    ],
    continual: [plain('continual', () => [{ ...nudges(), learningRate: 0.1, randomSign: true }])],
    contrastive: [plain('contrastive', () => [{ free: dynamics(), clamped: dynamics() }])],
    coordinateDescent: [plain('coordinateDescent', () => [{ relaxation: 1, iterations: 3, tolerance: 0 }])],
    crossEntropy: [plain('crossEntropy', () => [layer([2])])],
    crossEntropyReadOut: [plain('crossEntropyReadOut', () => [layer([2]), 3, { name: 'x', gain: 1 }])],
    csvDataset: [
      plain('csvDataset', () => [
        file('table.csv'),
        { label: 'label', shape: [2], classes: 2, scale: 1, name: 'x', header: true, separator: ',' },
      ]),
    ],
    dataset: [
      plain('dataset', () => [
        {
          inputs: Uint8Array.of(1, 2, 3, 4),
          shape: [2],
          labels: [0, 1],
          classes: 2,
          weights: floats(1, 1),
          scale: 1,
          name: 'x',
        },
      ]),
      plain('dataset', () => [{ inputs: floats(1, 2, 3, 4), shape: [2], targets: new Float64Array(4) }]),
    ],
    dense: [
      plain('dense', () => [...pair(), { name: 'x', gain: 1 }]),
      plain('dense', () => {
        const [a, b] = pair();
        return [a, b, { share: dense(a, b) }];
      }),
    ],
    euler: [plain('euler', () => [{ stepSize: 0.5, iterations: 3, tolerance: 0 }])],
    fashionMnist: [plain('fashionMnist', () => [{ dir }])],
    finiteDifferences: [plain('finiteDifferences', () => [{ free: dynamics(), step: 0.1 }])],
    fixedPoint: [plain('fixedPoint', () => [{ relaxation: 1, iterations: 3, tolerance: 0 }])],
    holomorphic: [plain('holomorphic', () => [{ ...nudges(), points: 4 }])],
    hopfield: [
      plain('hopfield', () => [
        [2, 3, 2],
        {
          activation: 'hardSigmoid',
          output: { activation: 'linear', range: [-1, 1] },
          cost: 'squaredError',
          untied: false,
          gain: 1,
          seed: 1,
          engine: 'javascript',
        },
      ]),
      plain('hopfield', () => [[2, 2], { engine: 'native', precision: 'float32', isa: 'baseline', threads: 1 }]),
    ],
    langevin: [plain('langevin', () => [{ temperature: 1, stepSize: 0.1, iterations: 3, adjusted: false }])],
    lateral: [plain('lateral', () => [layer([2]), { name: 'x', gain: 1 }])],
    layer: [plain('layer', () => [[2, 2], { name: 'x', clamped: true, activation: 'linear', range: [-1, 1] }])],
    leak: [plain('leak', () => [layer([2]), { name: 'x', strength: 1 }])],
    memory: [plain('memory', () => [layer([2]), 3, { name: 'x', sharpness: 1, gain: 1 }])],
    mnist: [
      {
        ...plain('mnist', () => [{ dir }]),
        // Without a folder it would read all of MNIST each time.
        async call(_, [options]) {
          const names = types.isProxy(options) || typeof options !== 'object' || Object.hasOwn(options ?? {}, 'dir');
          if (options !== undefined && names) await eqprop.mnist(options as never);
        },
      },
    ],
    npzDataset: [
      plain('npzDataset', () => [file('arrays.npz'), { inputs: 'x', labels: 'y', classes: 2, scale: 1, name: 'x' }]),
    ],
    inputsOnly: [
      plain('inputsOnly', () => [{ inputs: Uint8Array.of(1, 2, 3, 4), shape: [2], scale: 0.5, name: 'two' }]),
    ],
    openDataset: [
      plain('openDataset', () => [file('table.csv'), { scale: 0.5 }]),
      plain('openDataset', () => [file('arrays.npz')]),
    ],
    openInputs: [
      plain('openInputs', () => [file('table.csv')]),
      plain('openInputs', () => [file('arrays.npz'), { scale: 0.5 }]),
    ],
    potential: [plain('potential', () => [layer([2]), [0, 0, 1], withName()])],
    readCsv: [plain('readCsv', () => [file('table.csv'), { header: true, separator: ',' }])],
    readMnistFolder: [plain('readMnistFolder', () => [dir])],
    readNpy: [plain('readNpy', () => [file('array.npy')])],
    readNpz: [plain('readNpz', () => [file('arrays.npz'), { names: ['x'] }])],
    recurrentBackprop: [plain('recurrentBackprop', () => [{ free: dynamics(), tolerance: 1e-6, iterations: 9 }])],
    resistive: [plain('resistive', () => [...pair(), { name: 'x', conductance: 1 }])],
    sgd: [
      plain('sgd', () => [{ learningRate: [0.1, 0.2], decay: 'cosine', momentum: 0.5, nesterov: true }]),
      plain('sgd', () => [{ learningRate: { 'dense1.weight': 0.1 } }]),
    ],
    squaredError: [plain('squaredError', () => [layer([2]), { weights: [1, 2] }])],
    stochastic: [plain('stochastic', () => [{ beta: 0.1, free: noisy(), nudged: noisy(), burnIn: 1, centered: true }])],
    sum: [
      plain('sum', () => [leak(layer([2])), bias(layer([2]))]),
      {
        name: "sum of a user's interaction, at work",
        arguments: () => [ownInteraction(layer([2], { name: 'y' }))],
        async call(_, [interaction]) {
          const [x, y] = [input(), layer([2], { name: 'z' })];
          retarget(interaction, 'layers', [y]);
          await settleWith(sum(leak(y), dense(x, y), interaction as eqprop.Interaction), squaredError(y), x, y);
        },
      },
      {
        name: "a user's cost, at work",
        arguments: () => [ownCost(layer([2]))],
        async call(_, [cost]) {
          const [x, y] = [input(), layer([2])];
          retarget(cost, 'layer', y);
          await settleWith(energyOf(x, y), cost, x, y);
        },
      },
    ],
    truncatedBackprop: [plain('truncatedBackprop', () => [{ free: dynamics(), steps: 3 }])],
    untied: [
      plain('untied', () => [...pair(), { name: 'x', gain: 1 }]),
      {
        name: 'Untied angle',
        arguments: () => [[new Float32Array(4).fill(1), new Float32Array(4).fill(1)]],
        call: (_, [weights]) => eqprop.untied(layer([2]), layer([2])).angle(weights as never),
      },
    ],
    vectorField: [plain('vectorField', () => [{ ...nudges(), centered: true }])],
    withDecay: [
      plain('withDecay', () => [squaredError(layer([2])), { 'dense1.weight': 0.1 }]),
      plain('withDecay', () => [ownCost(layer([2])), { 'dense1.weight': 0.1 }]),
    ],
  };
}
