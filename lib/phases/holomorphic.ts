import { checkInteger, checkOptions } from '../check.js';
import type { Complex } from '../energy/complex.js';
import { ArgumentError } from '../errors.js';
import { checkEstimatorOptions, type Estimator, type EstimatorOptions } from './estimator.js';

/** Options of {@link holomorphic}. */
export interface HolomorphicOptions extends EstimatorOptions {
  /** N, even, at least 2. Default 4. */
  points?: number | undefined;
}

/**
 * Settle freely, then from there under N nudges on a circle, β_t = β e^{2πit/N}; (1/N) Σ Re[∂E/∂θ(s_t) / β_t] (Laborieux and
 * Zenke 2022, equation 9). Its bias falls as β^N within the disc where the equilibrium is an analytic function of β; outside
 * of it nothing helps. States are complex, so every layer's activation must be analytic and its range unbounded. As the
 * states at conjugate β are conjugate, only half of the points are settled. N = 2 is `centered`.
 * Runs on the javascript engine.
 * @throws ArgumentError for a β that is not above 0, or a number of points that is odd or below 2
 */
export function holomorphic(options: HolomorphicOptions): Estimator {
  options = checkOptions('holomorphic options', options, ['beta', 'free', 'nudged', 'points']);
  const { points: given = 4, ...rest } = options;
  const { beta, free, nudged } = checkEstimatorOptions('holomorphic', rest);
  const points = checkInteger('holomorphic points', given, 2, 1024);
  if (points % 2 === 1) throw new ArgumentError(`holomorphic points must be an even number, but ${points} was given`);
  const half = points / 2;
  const nudges = Array.from({ length: half + 1 }, (_, t) => {
    const angle = Math.PI * (t / half);
    // The first and the last are real, and exactly so; each other one stands for its conjugate, too.
    const real = t === 0 ? beta : t === half ? -beta : undefined;
    return {
      beta: real ?? ([beta * Math.cos(angle), beta * Math.sin(angle)] as Complex),
      coefficient:
        real === undefined
          ? ([(2 * Math.cos(angle)) / (points * beta), (-2 * Math.sin(angle)) / (points * beta)] as Complex)
          : 1 / (points * real),
    };
  });
  return {
    name: 'holomorphic',
    settings: { beta, points, free, nudged },
    programs: [
      {
        phases: [
          { beta: 0, dynamics: free, from: 'start' },
          ...nudges.map((nudge) => ({ beta: nudge.beta, dynamics: nudged, from: 0 })),
        ],
        terms: nudges.map(({ coefficient }, t) => ({ phase: t + 1, coefficient })),
      },
    ],
  };
}
