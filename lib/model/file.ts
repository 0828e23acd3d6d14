import { checkChoice, checkFinite, describe, type Floats } from '../check.js';
import { buildProblem, type Description, describeProblem } from '../energy/describe.js';
import { type Problem, parametersOf } from '../energy/problem.js';
import { ArgumentError, DataError } from '../errors.js';
import { type JsonLimits, parseJson } from '../files/json.js';
import { readSafetensors, type Tensor, writeSafetensors } from '../files/safetensors.js';
import { unknownKey } from '../files/safetensors-checksums.js';
import { checkDynamics, type Dynamics } from '../phases/dynamics.js';
import { STARTS, type Start } from '../phases/start.js';
import { printable } from '../printable.js';

/** A copy of a parameter's values. */
export interface Parameter {
  /** Of the values. */
  readonly shape: readonly number[];
  /** Row-major: a Float32Array from the native engine, a Float64Array from the javascript engine. */
  readonly data: Floats;
}

/** How a model's free phases go by default. */
export interface FreePhase {
  readonly dynamics: Dynamics;
  readonly start: Start;
}

/** What a file's metadata say; the first files said no start. */
type Saved = Description & { readonly dynamics: Dynamics; readonly start?: Start };

/** The package's file format for models; later versions read earlier ones. */
const FORMAT = 'eqprop-model-1';

/** Of the description, which lies in a header and is no larger. */
const LIMITS: JsonLimits = { levels: 12, values: 2 ** 17 };

/**
 * Writes a model's form and parameters to a safetensors file, whole or not at all.
 * @throws DataError if the file cannot be written; ArgumentError if the energy has parts of the user's own, or too many
 */
export async function writeModelFile(
  path: string,
  problem: Problem,
  { dynamics, start }: FreePhase,
  parameters: ReadonlyMap<string, Parameter>,
): Promise<void> {
  const model = JSON.stringify({ ...describeProblem(problem), dynamics, start });
  checkLoadable(model);
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, data }] of parameters) {
    checkFinite(`save ${name}`, data); // a file that could not be loaded again must not replace one that can
    tensors.set(name, { dtype: data instanceof Float32Array ? 'F32' : 'F64', shape, data } as Tensor);
  }
  await writeSafetensors(path, tensors, { format: FORMAT, model });
}

function checkLoadable(model: string): void {
  try {
    buildProblem(
      'what would be written',
      parseDescription(model, (why) => new DataError('ERR_DATA', why)),
    );
  } catch (cause) {
    const why = (cause as Error).message;
    throw new ArgumentError(`a model can be saved if it can be loaded again, but ${why}`, 'ERR_ARGUMENT', { cause });
  }
}

/**
 * What `writeModelFile` has written: a problem, how its free phases go and its parameters by name.
 * @throws DataError if the file cannot be read, is damaged or holds no model
 */
export async function readModelFile(
  path: string,
): Promise<FreePhase & { problem: Problem; values: Record<string, Floats> }> {
  const { tensors, metadata } = await readSafetensors(path);
  const bad = (why: string) => new DataError('ERR_DATA', `${path} holds no model of this package: ${printable(why)}`);
  if (metadata.get('format') !== FORMAT) throw bad(`its metadata does not say format '${FORMAT}'`);
  const unknown = unknownKey(metadata, ['format', 'model']);
  if (unknown !== undefined) throw bad(`its metadata has the unknown key ${describe(unknown)}`);
  const description = parseDescription(metadata.get('model'), bad);
  const problem = buildProblem(path, description);
  const values: Record<string, Floats> = Object.create(null);
  for (const [name, spec] of parametersOf(problem)) {
    const tensor = tensors.get(name);
    if (!tensor) throw bad(`the parameter '${name}' is missing`);
    const { shape, data } = tensor;
    if (shape.join() !== spec.shape.join()) {
      throw bad(`the parameter '${name}' has shape [${shape.join(', ')}] instead of [${spec.shape.join(', ')}]`);
    }
    if (!(data instanceof Float32Array || data instanceof Float64Array)) throw bad(`'${name}' is not floating-point`);
    if (!data.every(Number.isFinite)) throw bad(`the parameter '${name}' holds numbers that are not finite`);
    values[name] = data;
  }
  return { problem, ...savedPhase(description, bad), values };
}

function savedPhase({ dynamics, start = 'zero' }: Saved, bad: (why: string) => DataError): FreePhase {
  try {
    return { dynamics: checkDynamics('its dynamics', dynamics), start: checkChoice('its start', start, STARTS) };
  } catch (error) {
    throw bad((error as Error).message);
  }
}

function parseDescription(text: string | undefined, bad: (why: string) => DataError): Saved {
  const none = (why: string) => bad(`its metadata holds no description: it ${why}`);
  if (text === undefined) throw none('is missing');
  const description = parseJson(text, LIMITS, none);
  if (typeof description === 'object' && description !== null) return description as Saved;
  throw none('is no object');
}
