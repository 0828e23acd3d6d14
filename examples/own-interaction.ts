/**
 * An interaction of one's own: a saturating leak in place of the paper's ½ Σ s². `audit` shows whether its derivatives are
 * right, before anything is trained with it. What a user writes runs on the javascript engine.
 */

import {
  bias,
  centered,
  dense,
  euler,
  finiteDifferences,
  type Interaction,
  type Layer,
  layer,
  leak,
  Model,
  squaredError,
  sum,
} from 'eqprop';

/** E = λ Σ ln cosh s, whose pull on a state, λ tanh s, never exceeds λ: one λ, which is learned, for the whole layer. */
function softLeak(of: Layer): Interaction {
  return {
    kind: 'softLeak',
    layers: [of],
    reads: 'state',
    parameters: [{ name: 'strength', shape: [1], least: 0.1, initialise: (data) => void data.fill(1) }],

    energy([s], [strength], batch, energy) {
      for (let j = 0; j < batch * of.size; j++) {
        energy[Math.floor(j / of.size)] += strength[0] * Math.log(Math.cosh(s[j]));
      }
    },
    stateGradient(_layer, [s], [strength], batch, gradient) {
      for (let j = 0; j < batch * of.size; j++) gradient[j] += strength[0] * Math.tanh(s[j]);
    },
    parameterGradient(_parameter, [s], _, batch, scale, gradient) {
      for (let j = 0; j < batch * of.size; j++) gradient[0] += scale * Math.log(Math.cosh(s[j]));
    },
  };
}

async function main(): Promise<void> {
  const x = layer([4], { clamped: true });
  const h = layer([8], { activation: 'tanh', range: [-3, 3] });
  const y = layer([2], { activation: 'linear' });
  const energy = sum(softLeak(h), leak(y), bias(h), dense(x, h), dense(h, y));
  const model = new Model({ energy, cost: squaredError(y), input: x, output: y, engine: 'javascript', seed: 1 });
  const batch = { input: Float64Array.of(1, 0, 0.5, -1, 0.2, -0.4, 1, 0.3), target: Float64Array.of(1, 0, 0, 1) };
  // The reference moves each parameter a little and settles anew: it knows nothing of `parameterGradient`.
  const free = euler({ iterations: 5000, tolerance: 1e-12 });
  const estimator = centered({ beta: 0.01, free, nudged: free });
  const report = await model.audit(batch, { estimators: [estimator], reference: finiteDifferences({ free }) });
  for (const [name, agreement] of Object.entries(report.estimators[0].parameters)) {
    console.log(`${name}: relative error ${agreement.relativeError.toExponential(1)}`);
  }
}

void main();
