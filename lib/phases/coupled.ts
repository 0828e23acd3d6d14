import { checkEstimatorOptions, type Estimator, type EstimatorOptions, type Program } from './estimator.js';

/**
 * Coupled learning: settle freely, then with the output clamped a little towards the target, at (1 − β) y⁰ + β d;
 * (∂E(clamped) − ∂E(free)) / β (Stern et al. 2021, equation 5). Nothing is nudged: weights of the cost are refused.
 * @throws ArgumentError for a β that is not above 0
 */
export function coupled(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('coupled', options);
  return { name: 'coupled', settings: { beta, free, nudged }, programs: [program(free, nudged, [beta, 0], beta)] };
}

/**
 * Coupled learning away from the target: the output is clamped at (1 + β) y⁰ − β d; (∂E(free) − ∂E(clamped)) / β.
 * @throws ArgumentError for a β that is not above 0
 */
export function coupledNegative(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('coupledNegative', options);
  return {
    name: 'coupledNegative',
    settings: { beta, free, nudged },
    programs: [program(free, nudged, [0, -beta], beta)],
  };
}

/**
 * Coupled learning both ways: half of the difference between the output clamped towards the target and away from it
 * (Scellier et al. 2023, section 3).
 * @throws ArgumentError for a β that is not above 0
 */
export function coupledCentered(options: EstimatorOptions): Estimator {
  const { beta, free, nudged } = checkEstimatorOptions('coupledCentered', options);
  return {
    name: 'coupledCentered',
    settings: { beta, free, nudged },
    programs: [program(free, nudged, [beta, -beta], 2 * beta)],
  };
}

/** The difference of the phases that are clamped by two amounts, over `distance`; an amount of 0 is the free phase. */
function program(
  free: EstimatorOptions['free'],
  nudged: EstimatorOptions['nudged'],
  amounts: readonly [number, number],
  distance: number,
): Program {
  const clamps = amounts.filter((clamp) => clamp !== 0);
  const phaseOf = (clamp: number) => (clamp === 0 ? 0 : 1 + clamps.indexOf(clamp));
  return {
    phases: [
      { beta: 0, dynamics: free, from: 'start' },
      ...clamps.map((clamp) => ({ beta: 0, dynamics: nudged, from: 0, clamp })),
    ],
    terms: [
      { phase: phaseOf(amounts[0]), coefficient: 1 / distance },
      { phase: phaseOf(amounts[1]), coefficient: -1 / distance },
    ],
  };
}
