import type { Floats } from '../../check.js';
import type { Velocity } from '../engine.js';
import type { Network } from './network.js';

/** θ ← θ − rate · gradient, no value below what its parameter allows. */
export function descend(network: Network, gradients: readonly Float64Array[], rates: readonly number[]): void {
  gradients.forEach((gradient, p) => {
    const [theta, rate, least] = [network.parameters[p], rates[p], network.least[p]];
    for (let k = 0; k < theta.length; k++) theta[k] -= rate * gradient[k];
    if (least === -Infinity) return;
    for (let k = 0; k < theta.length; k++) if (theta[k] < least) theta[k] = least;
  });
}

/** What momentum remembers: by parameter, where the last steps led, as in the native engine: θ moves by rate · v. */
export class Velocities implements Velocity {
  readonly #values: Float64Array[];

  constructor(network: Network) {
    this.#values = network.zeroGradients();
  }

  /** Turns a gradient into what the parameters shall descend by, which overwrites it: −v, v ← momentum · v − gradient, or by
   * Nesterov's rule gradient − momentum · v. */
  apply(gradients: readonly Float64Array[], momentum: number, nesterov: boolean): void {
    gradients.forEach((gradient, p) => {
      const v = this.#values[p];
      for (let k = 0; k < v.length; k++) {
        v[k] = momentum * v[k] - gradient[k];
        gradient[k] = nesterov ? gradient[k] - momentum * v[k] : -v[k];
      }
    });
  }

  read(): Float64Array[] {
    return this.#values.map((v) => v.slice());
  }

  write(values: readonly Floats[]): void {
    values.forEach((v, p) => void this.#values[p].set(v));
  }

  release(): void {
    this.#values.length = 0;
  }
}
