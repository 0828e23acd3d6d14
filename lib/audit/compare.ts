import type { Floats } from '../check.js';

/** A gradient by parameter name. */
export type Gradient = Readonly<Record<string, Floats>>;

/** How near an estimate is to a reference. */
export interface Agreement {
  /** The cosine of the angle between the two; 1 if both are 0. */
  readonly cosine: number;
  /** ‖estimate − reference‖ / ‖reference‖ */
  readonly relativeError: number;
  /** The share of numbers whose signs agree, of those that are not 0, up to rounding, in the reference. */
  readonly signAgreement: number;
}

/** Sums that an agreement is made of, so that those of several parameters add up. */
interface Sums {
  estimate: number;
  reference: number;
  product: number;
  difference: number;
  signs: number;
  same: number;
}

/** Of the largest number of a reference: what is smaller is rounding, such as a solver leaves where units rest at a bound. */
const ROUNDING = 1e-12;

function sumsOf(estimate: Floats, reference: Floats, largest: number): Sums {
  const sums: Sums = { estimate: 0, reference: 0, product: 0, difference: 0, signs: 0, same: 0 };
  for (let k = 0; k < reference.length; k++) {
    const [a, b] = [estimate[k], reference[k]];
    sums.estimate += a * a;
    sums.reference += b * b;
    sums.product += a * b;
    sums.difference += (a - b) ** 2;
    if (Math.abs(b) <= ROUNDING * largest) continue;
    sums.signs++;
    if (a > 0 === b > 0 && a !== 0) sums.same++;
  }
  return sums;
}

function agreementOf({ estimate, reference, product, difference, signs, same }: Sums): Agreement {
  const norms = Math.sqrt(estimate * reference);
  const bothZero = estimate === 0 && reference === 0;
  return {
    cosine: bothZero ? 1 : norms === 0 ? 0 : product / norms,
    relativeError: bothZero ? 0 : Math.sqrt(difference / reference),
    signAgreement: signs === 0 ? 1 : same / signs,
  };
}

/** How near two gradients are: of each parameter, and of all together. */
export function compare(estimate: Gradient, reference: Gradient) {
  const parameters: Record<string, Agreement> = {};
  const all: Sums = { estimate: 0, reference: 0, product: 0, difference: 0, signs: 0, same: 0 };
  const largest = Math.max(...Object.values(reference).map(largestOf));
  for (const [name, expected] of Object.entries(reference)) {
    const sums = sumsOf(estimate[name], expected, largest);
    parameters[name] = agreementOf(sums);
    for (const key of Object.keys(all) as (keyof Sums)[]) all[key] += sums[key];
  }
  return { parameters, all: agreementOf(all) };
}

/** How near two arrays are, beginning to end. */
export function compareArrays(estimate: Floats, reference: Floats): Agreement {
  return agreementOf(sumsOf(estimate, reference, largestOf(reference)));
}

function largestOf(values: Floats): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** The slope of log error over log β by least squares; undefined where there are fewer than two errors above 0. */
export function logSlope(betas: readonly number[], errors: readonly number[]): number | undefined {
  const points = betas.flatMap((beta, i) => (errors[i] > 0 ? [[Math.log(beta), Math.log(errors[i])] as const] : []));
  if (points.length < 2) return undefined;
  const mean = (i: 0 | 1) => points.reduce((sum, point) => sum + point[i], 0) / points.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}
