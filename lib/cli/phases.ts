/** How the phases of a training settle: as its preset says, and what options change of that. */

import { ArgumentError } from '../errors.js';
import { anderson } from '../phases/anderson.js';
import { coordinateDescent } from '../phases/coordinate-descent.js';
import type { Dynamics } from '../phases/dynamics.js';
import { euler } from '../phases/euler.js';
import { fixedPoint } from '../phases/fixed-point.js';
import type { TrainerName } from './estimators.js';

/** The dynamics that train on the command line. */
export const DYNAMICS = ['euler', 'fixedPoint', 'coordinateDescent', 'anderson'] as const;

export type DynamicsName = (typeof DYNAMICS)[number];

/** What `train` takes of how phases settle. */
export interface PhaseOptions {
  dynamics?: DynamicsName;
  freeIterations?: number;
  nudgedIterations?: number;
  /** Of Euler's method. */
  stepSize?: number;
  /** Of the others. */
  relaxation?: number;
  tolerance?: number;
}

/** The dynamics of the free phase, and of the others. */
export interface Phases {
  readonly free: Dynamics;
  readonly nudged: Dynamics;
}

/**
 * @param estimator which of the phases there are: `recurrentBackprop` has a free one alone
 * @throws ArgumentError for options that do not go together
 */
export function phasesOf(
  options: PhaseOptions,
  preset: string,
  { free, nudged }: Phases,
  estimator: TrainerName,
): Phases {
  const { dynamics = free.kind as DynamicsName, stepSize, relaxation } = options;
  if (stepSize !== undefined && dynamics !== 'euler') {
    throw new ArgumentError(
      `--step-size must be left out with dynamics ${dynamics}, which take --relaxation, but ${stepSize} was given`,
    );
  }
  if (relaxation !== undefined && dynamics === 'euler') {
    throw new ArgumentError(
      `--relaxation must be left out with dynamics euler, which takes --step-size, but ${relaxation} was given`,
    );
  }
  const { freeIterations, nudgedIterations } = options;
  const isFreeAlone = estimator === 'recurrentBackprop';
  if (isFreeAlone && nudgedIterations !== undefined) {
    throw new ArgumentError(
      `--nudged-iterations must be left out with --estimator ${estimator}, which has a free phase alone, but ${nudgedIterations} was given`,
    );
  }
  if (dynamics !== free.kind) {
    const missing = [
      ...(freeIterations === undefined ? ['--free-iterations'] : []),
      ...(nudgedIterations === undefined && !isFreeAlone ? ['--nudged-iterations'] : []),
    ];
    if (missing.length > 0) {
      throw new ArgumentError(
        `--dynamics ${dynamics} must come with ${missing.join(' and ')}: preset ${preset} counts those of ${free.kind}`,
      );
    }
  }
  return {
    free: changed(free, dynamics, options, freeIterations),
    nudged: changed(nudged, dynamics, options, nudgedIterations),
  };
}

/** A phase of a preset with the options' changes; of other dynamics nothing stays. */
function changed(preset: Dynamics, dynamics: DynamicsName, options: PhaseOptions, iterations?: number): Dynamics {
  const { stepSize, relaxation, tolerance } = options;
  const given = Object.entries({ stepSize, relaxation, tolerance, iterations }).filter(([, x]) => x !== undefined);
  const { kind, ...own } = preset;
  const settings = { ...(kind === dynamics && own), ...Object.fromEntries(given) };
  return { euler, fixedPoint, coordinateDescent, anderson }[dynamics](settings);
}
