import { expect } from 'chai';
import { centered, type Estimator, euler, hopfield, type Model, negative, positive } from '../../lib/index.js';
import { floats, relativeError } from '../support.js';

const batch = 4;
const input = Float64Array.from(floats(batch * 6, 1));
const target = Float64Array.from(floats(batch * 3, 2));
// Far below β times the signal: what is left of the phases' own error is not what is measured here.
const dynamics = euler({ stepSize: 0.5, iterations: 3000, tolerance: 1e-14 });

const at = (
  make: (options: { beta: number; free: typeof dynamics; nudged: typeof dynamics }) => Estimator,
  beta: number,
) => make({ beta, free: dynamics, nudged: dynamics });

/** J = mean C(s⁰). */
async function objective(model: Model): Promise<number> {
  const { cost, converged } = await model.settle({ input, target, dynamics });
  expect(converged, 'the free phase rests').to.not.include(false);
  return (cost ?? new Float64Array(0)).reduce((sum, c) => sum + c, 0) / batch;
}

/** dJ/dθ by central differences of the objective, one parameter at a time. */
async function finiteDifferences(model: Model): Promise<Record<string, Float64Array>> {
  const h = 1e-4;
  const gradient: Record<string, Float64Array> = {};
  for (const [name, { data }] of model.parameters) {
    const values = Float64Array.from(data);
    const moved = async (k: number, by: number) => {
      const there = values.slice();
      there[k] += by;
      model.setParameters({ [name]: there });
      return objective(model);
    };
    gradient[name] = new Float64Array(values.length);
    for (let k = 0; k < values.length; k++) gradient[name][k] = ((await moved(k, h)) - (await moved(k, -h))) / (2 * h);
    model.setParameters({ [name]: values });
  }
  return gradient;
}

/** The slope of log error over log β, by least squares. */
function logSlope(betas: readonly number[], errors: readonly number[]): number {
  const [x, y] = [betas.map(Math.log), errors.map(Math.log)];
  const mean = (v: readonly number[]) => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  return x.reduce((sum, xi, i) => sum + (xi - mx) * (y[i] - my), 0) / x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
}

for (const activation of ['tanh', 'sigmoid'] as const) {
  describe(`gradients on the javascript engine, ${activation}`, () => {
    const model = hopfield([6, 5, 4, 3], { seed: 1, engine: 'javascript', activation, gain: 1.5 });
    let reference: Record<string, Float64Array>;
    before(async () => {
      reference = await finiteDifferences(model);
    });

    it('of the centered estimator at β = 1e-3 are the finite differences of J: 1e-5 relative', async () => {
      const gradient = await model.gradient({ input, target }, at(centered, 1e-3));
      for (const name of Object.keys(reference)) {
        expect(relativeError(gradient[name], reference[name]), name).to.be.below(1e-5);
      }
    });

    it('miss by an error that falls as β for one-sided estimators and as β² for the centered one', async () => {
      const betas = [0.2, 0.1, 0.05, 0.025];
      for (const [make, expected] of [
        [positive, 1],
        [negative, 1],
        [centered, 2],
      ] as const) {
        const errors: number[] = [];
        for (const beta of betas) {
          const gradient = await model.gradient({ input, target }, at(make, beta));
          errors.push(relativeError(concatenate(gradient), concatenate(reference)));
        }
        expect(logSlope(betas, errors), `${make.name}: ${errors}`).to.be.closeTo(expected, 0.2);
      }
    });
  });
}

function concatenate(gradient: Readonly<Record<string, ArrayLike<number>>>): Float64Array {
  return Float64Array.from(Object.values(gradient).flatMap((g) => Array.from(g)));
}
