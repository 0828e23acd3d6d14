import { DivergenceError, type DivergenceKind } from '../errors.js';

/** What an engine returns, by kind; those that are undefined mean nothing. `tensor` says whose they are.
 * @throws DivergenceError for a number that is not finite */
export function checkFiniteResults(
  results: Readonly<Partial<Record<DivergenceKind, ArrayLike<number> | undefined>>>,
  tensor?: string,
): void {
  for (const [kind, values] of Object.entries(results)) {
    for (let i = 0; i < (values?.length ?? 0); i++) {
      if (!Number.isFinite(values?.[i])) throw new DivergenceError('settling', 0, kind as DivergenceKind, tensor);
    }
  }
}
