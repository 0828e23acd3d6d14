import { expect } from 'chai';
import { bias, dense, langevin, layer, leak, Model, squaredError, stochastic, sum } from '../../lib/index.js';

const temperature = 0.3;
const beta = 0.5;
const input = Float64Array.of(0.8);
const target = Float64Array.of(0.9);

/** x – h – y, one unit each, h in [0, 1] and y unbounded. */
function makeModel(seed: number): Model {
  const x = layer([1], { name: 'x', clamped: true });
  const h = layer([1], { name: 'h' });
  const y = layer([1], { name: 'y', activation: 'tanh' });
  const energy = sum(leak(h), leak(y), bias(h), bias(y), dense(x, h), dense(h, y));
  const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript', seed });
  model.setParameters({
    'bias1.bias': Float64Array.of(-0.2),
    'bias2.bias': Float64Array.of(0.1),
    'dense1.weight': Float64Array.of(0.7),
    'dense2.weight': Float64Array.of(0.9),
  });
  return model;
}

/** The Gibbs mean of ∂E/∂θ at β by integration over a grid: for bias1, bias2, dense1, dense2. */
function gibbsMean(b: number): number[] {
  const sums = [0, 0, 0, 0];
  let total = 0;
  const [columns, rows] = [400, 800];
  for (let i = 0; i < columns; i++) {
    const h = (i + 0.5) / columns;
    for (let j = 0; j < rows; j++) {
      const y = -6 + (12 * (j + 0.5)) / rows;
      const rho = Math.tanh(y);
      const energy = 0.5 * h * h + 0.5 * y * y + 0.2 * h - 0.1 * rho - 0.7 * input[0] * h - 0.9 * h * rho;
      const weight = Math.exp(-(energy + b * 0.5 * (y - target[0]) ** 2) / temperature);
      total += weight;
      [-h, -rho, -input[0] * h, -h * rho].forEach((slope, k) => {
        sums[k] += weight * slope;
      });
    }
  }
  return sums.map((s) => s / total);
}

describe('stochastic', () => {
  it('has a mean over runs within three standard errors of the exact Gibbs gradient', async function () {
    this.timeout(60_000);
    const [nudged, free] = [gibbsMean(beta), gibbsMean(0)];
    const exact = nudged.map((mean, k) => (mean - free[k]) / beta);
    const dynamics = langevin({ temperature, stepSize: 0.3, iterations: 1200, adjusted: true });
    const estimator = stochastic({ beta, free: dynamics, nudged: dynamics, burnIn: 200 });
    const model = makeModel(3);
    const runs = 40;
    const examples = 16; // of the same input: as many independent chains in one call
    const inputs = new Float64Array(examples).fill(input[0]);
    const targets = new Float64Array(examples).fill(target[0]);
    const found: number[][] = [];
    for (let run = 0; run < runs; run++) {
      const gradient = await model.gradient({ input: inputs, target: targets }, estimator);
      found.push(Object.values(gradient).map(([value]) => value));
    }
    exact.forEach((expected, k) => {
      const values = found.map((gradient) => gradient[k]);
      const mean = values.reduce((a, b) => a + b, 0) / runs;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (runs - 1);
      const standardError = Math.sqrt(variance / runs);
      expect(standardError, 'the runs tell something').to.be.below(0.1 * Math.abs(expected));
      expect(Math.abs(mean - expected), `parameter ${k}: ${mean} for ${expected}`).to.be.below(3 * standardError);
    });
  });

  it('is the same for the same seed, and another for the next', async () => {
    const dynamics = langevin({ temperature, iterations: 30 });
    const estimator = stochastic({ beta, free: dynamics, nudged: dynamics, burnIn: 10 });
    const once = await makeModel(3).gradient({ input, target }, estimator);
    expect(await makeModel(3).gradient({ input, target }, estimator)).to.deep.equal(once);
    expect(await makeModel(4).gradient({ input, target }, estimator)).to.not.deep.equal(once);
  });
});

describe('langevin', () => {
  it('has the variance τ/λ of a quadratic energy, exactly where steps are adjusted', async function () {
    this.timeout(20_000);
    const x = layer([1], { name: 'x', clamped: true });
    const y = layer([1], { name: 'y', activation: 'linear' });
    const energy = sum(leak(y, { strength: 2 }), dense(x, y));
    const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript', seed: 5 });
    const zeros = new Float64Array(20_000);
    for (const [adjusted, expected] of [
      [true, 0.15],
      [false, 0.15 / (1 - 0.25)], // Euler's steps of ε widen it by 1 / (1 − ελ/2)
    ] as const) {
      const dynamics = langevin({ temperature: 0.3, stepSize: 0.25, iterations: 60, adjusted });
      const { state, converged } = await model.settle({ input: zeros, dynamics });
      const variance = Float64Array.from(state.y).reduce((sum, s) => sum + s * s, 0) / zeros.length;
      expect(variance, `adjusted ${adjusted}`).to.be.closeTo(expected, 0.04 * expected);
      expect(converged).to.not.include(true);
    }
  });

  it('gives an example the same noise whoever shares its batch', async () => {
    const dynamics = langevin({ temperature, iterations: 10 });
    const alone = await makeModel(1).settle({ input: Float64Array.of(0.5), dynamics });
    const first = await makeModel(1).settle({ input: Float64Array.of(0.5, 0.1, 0.9), dynamics });
    expect(first.state.y[0]).to.equal(alone.state.y[0]);
  });

  it('at temperature 0 is Euler’s method', async () => {
    const cold = langevin({ temperature: 0, stepSize: 0.5, iterations: 7 });
    const euler = { kind: 'euler', stepSize: 0.5, iterations: 7, tolerance: 0 } as const;
    const [a, b] = [
      await makeModel(1).settle({ input, dynamics: cold }),
      await makeModel(1).settle({ input, dynamics: euler }),
    ];
    expect(a.state).to.deep.equal(b.state);
  });
});
