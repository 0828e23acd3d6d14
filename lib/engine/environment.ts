/** The most threads that make sense to ask for. */
export const MOST_THREADS = 1024;

/** What a variable of the environment says: undefined where it is empty, the text itself where that is no number, for a check
 * to show. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  return Number.isNaN(Number(text)) ? (text as never) : Number(text);
}
