import { declaredClamped } from '../energy/colouring.js';
import { Untied } from '../energy/untied.js';
import type { EngineOptions } from '../engine/choose.js';
import { hasKernel } from '../engine/native/program.js';
import { checkEstimatorSuits } from '../engine/suits.js';
import { ArgumentError } from '../errors.js';
import { hopfield } from '../hopfield.js';
import type { Model } from '../model.js';
import type { Estimator } from '../phases/estimator.js';
import { makeEstimator } from './estimators.js';
import { engineOf, isEngineNamed, type SharedOptions } from './options.js';
import type { Settings } from './settings.js';

/** A model to train, and the estimator that will. */
export interface Network {
  model: Model;
  estimator: Estimator;
}

/**
 * The network that settings describe. That of `vectorField` has untied weights between its free layers. Where no engine was
 * asked for, it is the fastest one that carries the estimator.
 * @param sizes units of each layer, input and classes as well
 * @throws ArgumentError for an estimator that the network or the engine does not allow
 */
export function networkOf(sizes: readonly number[], settings: Settings, options: SharedOptions): Network {
  const { activation, output, cost, gain, seed, free, start } = settings;
  const estimator = makeEstimator(settings.estimator, settings);
  const model = hopfield(sizes, {
    activation,
    ...(output !== undefined && { output: { activation: output } }),
    cost,
    untied: settings.estimator === 'vectorField',
    ...(gain !== undefined && { gain }),
    seed,
    dynamics: free,
    ...(start !== 'persistent' && { start }),
    ...engineFor(estimator, options),
  });
  const { energy, cost: nudging, input, output: nudged } = model;
  try {
    const problem = { energy, cost: nudging, input, output: nudged, clamped: declaredClamped(energy) };
    checkEstimatorSuits('--estimator', problem, estimator);
  } catch (error) {
    model.dispose();
    // Whatever it is, shapes as well, it comes from options that do not go together.
    throw error instanceof ArgumentError ? new ArgumentError(error.message) : error;
  }
  return { model, estimator };
}

function engineFor(estimator: Estimator, options: SharedOptions): EngineOptions {
  const { engine, engineOptions } = engineOf(options);
  const lacking = notCarried(estimator);
  if (engine.name === 'javascript' || lacking === undefined) return engineOptions;
  if (!isEngineNamed(options)) return { engine: 'javascript' };
  throw new ArgumentError(
    `--engine must be javascript with ${lacking}, which the native engine does not carry, but native was given`,
  );
}

/** The option that asks for what the native engine does not carry: it takes lists of phases, with a real β and a kernel. */
function notCarried({ name, programs }: Estimator): string | undefined {
  for (const program of programs) {
    if ('kind' in program || program.phases.some(({ beta }) => typeof beta !== 'number')) return `--estimator ${name}`;
    const phase = program.phases.find(({ dynamics }) => !hasKernel(dynamics));
    if (phase) return `--dynamics ${phase.dynamics.kind}`;
  }
  return undefined;
}

/** By name of each untied connection: the angle between its weights forward and backward, in degrees. */
export function anglesOf(model: Model): Record<string, number> {
  const { parameters } = model;
  const valuesOf = (name: string) => parameters.get(name)?.data ?? new Float64Array();
  const untied = [...model.energy.interactions].flatMap(([name, interaction]) =>
    interaction instanceof Untied ? [[name, interaction] as const] : [],
  );
  return Object.fromEntries(
    untied.map(([name, it]) => [name, it.angle([valuesOf(`${name}.forward`), valuesOf(`${name}.backward`)])]),
  );
}
