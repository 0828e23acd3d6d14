import { checkOptions, checkPositive } from '../check.js';
import type { Interaction, ParameterSpec } from './interaction.js';
import type { Layer } from './layer.js';
import { markPart } from './marked.js';
import { checkName, checkPair } from './part.js';
import { subtractProduct, subtractTransposed } from './products.js';

/** Options of {@link resistive}. */
export interface ResistiveOptions {
  /** Its name in the energy. Default: the kind and a number. */
  name?: string | undefined;
  /** Draws the conductances from U(0, conductance). Default 1 / √(units of `pre`). */
  conductance?: number | undefined;
}

/** E = ½ Σ_ij g_ij (s_i − s_j)²; made by {@link resistive}. */
export class Resistive implements Interaction {
  readonly kind = 'resistive';
  readonly reads = 'state';
  readonly quadratic = true;
  readonly layers: readonly [pre: Layer, post: Layer];
  readonly name: string | undefined;
  /** The highest that a conductance starts at. */
  readonly conductance: number;
  readonly parameters: readonly ParameterSpec[];

  constructor(pre: Layer, post: Layer, options: ResistiveOptions = {}) {
    options = checkOptions('resistive options', options, ['name', 'conductance']);
    this.layers = checkPair('resistive', pre, post);
    this.name = checkName('resistive', options.name);
    const most = checkPositive('resistive conductance', options.conductance ?? 1 / Math.sqrt(pre.size));
    this.conductance = most;
    this.parameters = [
      {
        name: 'conductance',
        shape: [pre.size, post.size],
        least: 0,
        initialise(data, random) {
          for (let k = 0; k < data.length; k++) data[k] = most * random.uniform();
        },
      },
    ];
    markPart(this);
  }

  energy([a, b]: readonly Float64Array[], [g]: readonly Float64Array[], batch: number, energy: Float64Array): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    for (let e = 0; e < batch; e++) {
      let sum = 0;
      for (let i = 0; i < m; i++) {
        const ai = a[e * m + i];
        for (let j = 0; j < n; j++) {
          const voltage = ai - b[e * n + j];
          sum += g[i * n + j] * voltage * voltage;
        }
      }
      energy[e] += 0.5 * sum;
    }
  }

  /** The currents that flow out of the layer's nodes. */
  stateGradient(
    layer: number,
    values: readonly Float64Array[],
    parameters: readonly Float64Array[],
    batch: number,
    gradient: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    const own = new Float64Array(this.layers[layer].size);
    this.curvature(layer, parameters, own);
    for (let e = 0; e < batch; e++) {
      const at = e * own.length;
      for (let j = 0; j < own.length; j++) gradient[at + j] += own[j] * values[layer][at + j];
    }
    if (layer === 1) subtractProduct(values[0], parameters[0], batch, m, n, gradient);
    else subtractTransposed(values[1], parameters[0], batch, m, n, gradient);
  }

  parameterGradient(
    _parameter: number,
    [a, b]: readonly Float64Array[],
    _: readonly Float64Array[],
    batch: number,
    scale: number,
    gradient: Float64Array,
  ): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    for (let i = 0; i < m; i++) {
      for (let e = 0; e < batch; e++) {
        const ai = a[e * m + i];
        for (let j = 0; j < n; j++) {
          const voltage = ai - b[e * n + j];
          gradient[i * n + j] += 0.5 * scale * voltage * voltage;
        }
      }
    }
  }

  /** The conductances that meet in each node. */
  curvature(layer: number, [g]: readonly Float64Array[], out: Float64Array): void {
    const [m, n] = [this.layers[0].size, this.layers[1].size];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) out[layer === 0 ? i : j] += g[i * n + j];
    }
  }
}

/**
 * Resistors ½ Σ_ij g_ij (s_i − s_j)² between every node of one layer and every node of another: half the power that
 * they turn into heat, which a circuit minimises (Kendall et al. 2020, "Training end-to-end analog neural networks with
 * equilibrium propagation"). States are voltages; a layer's range stands for diodes that hold its nodes within it; a
 * clamped layer is voltage sources. Its parameter `conductance` has the shape [units of pre, units of post], and no
 * update takes it below 0.
 * @throws ArgumentError for anything but two different layers, or a conductance that is not above 0
 */
export function resistive(pre: Layer, post: Layer, options?: ResistiveOptions): Resistive {
  return new Resistive(pre, post, options);
}
