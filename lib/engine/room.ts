import { EngineError, isError } from '../errors.js';

/** Work that needs large arrays; what they throw where there is no room for it, as the EngineError of the native engine. */
export async function withRoom<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isError(error, RangeError)) throw error;
    throw new EngineError('there is not enough memory for this model and batch', 'ERR_MEMORY', { cause: error });
  }
}
