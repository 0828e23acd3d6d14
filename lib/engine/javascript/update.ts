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
