import { expect } from 'chai';
import { bias, dense, type Interaction, type Layer, layer, leak, squaredError } from '../../lib/index.js';
import { floats } from '../support.js';

const h = 1e-6;
const batch = 3;

/** Values by layer, and parameters, of an interaction. */
function sample(interaction: Interaction, seed: number) {
  const draw = (count: number, i: number) => Float64Array.from(floats(count, seed + i, -1, 1));
  return {
    values: interaction.layers.map((l, i) => draw(batch * l.size, i)),
    parameters: interaction.parameters.map((p, i) =>
      draw(
        p.shape.reduce((a, b) => a * b, 1),
        10 + i,
      ),
    ),
  };
}

/** Σ over the batch of the energy, with one number moved by d. */
function energyAt(interaction: Interaction, values: Float64Array[], parameters: Float64Array[]): Float64Array {
  const energy = new Float64Array(batch);
  interaction.energy(values, parameters, batch, energy);
  return energy;
}

const total = (energy: Float64Array) => energy.reduce((a, b) => a + b, 0);

function slope(array: Float64Array, k: number, value: () => number): number {
  const kept = array[k];
  array[k] = kept + h;
  const above = value();
  array[k] = kept - h;
  const below = value();
  array[k] = kept;
  return (above - below) / (2 * h);
}

describe('shipped interactions', () => {
  const a: Layer = layer([7]);
  const b: Layer = layer([2, 3]);
  const interactions: Record<string, Interaction> = {
    leak: leak(a),
    'leak of strength 2.5': leak(b, { strength: 2.5 }),
    bias: bias(b),
    dense: dense(a, b),
    'dense, sizes of whole fours': dense(layer([8]), layer([4])),
  };

  for (const [name, interaction] of Object.entries(interactions)) {
    it(`${name}: state gradients are the energy's finite differences`, () => {
      const { values, parameters } = sample(interaction, 1);
      interaction.layers.forEach((l, i) => {
        const gradient = new Float64Array(batch * l.size).fill(0.5); // added to, not overwritten
        interaction.stateGradient(i, values, parameters, batch, gradient);
        for (let k = 0; k < gradient.length; k++) {
          const expected = slope(values[i], k, () => total(energyAt(interaction, values, parameters)));
          expect(gradient[k] - 0.5).to.be.closeTo(expected, 1e-8);
        }
      });
    });

    it(`${name}: parameter gradients are the energy's finite differences, scaled`, () => {
      const { values, parameters } = sample(interaction, 2);
      interaction.parameters.forEach((_, p) => {
        const gradient = new Float64Array(parameters[p].length).fill(0.5);
        interaction.parameterGradient(p, values, parameters, batch, -1.5, gradient);
        for (let k = 0; k < gradient.length; k++) {
          const expected = -1.5 * slope(parameters[p], k, () => total(energyAt(interaction, values, parameters)));
          expect(gradient[k] - 0.5).to.be.closeTo(expected, 1e-8);
        }
      });
    });
  }

  it('are linear in each layer where they say so', () => {
    for (const interaction of Object.values(interactions)) {
      if (!interaction.linear) continue;
      const { values, parameters } = sample(interaction, 3);
      const before = energyAt(interaction, values, parameters);
      for (let k = 0; k < values[0].length; k++) values[0][k] *= 3;
      const after = energyAt(interaction, values, parameters);
      for (let e = 0; e < batch; e++) expect(after[e]).to.be.closeTo(3 * before[e], 1e-12);
    }
  });
});

describe('squaredError', () => {
  it('is ½ ‖y − d‖² of each example, and its gradient y − d, scaled', () => {
    const cost = squaredError(layer([2]));
    const states = Float64Array.of(1, 2, 3, 4);
    const targets = Float64Array.of(0, 2, 5, 4);
    const value = new Float64Array(2);
    cost.value(states, targets, 2, value);
    expect([...value]).to.deep.equal([0.5, 2]);
    const gradient = new Float64Array(4);
    cost.stateGradient(states, targets, 2, 3, gradient);
    expect([...gradient]).to.deep.equal([3, 0, -6, 0]);
  });
});
