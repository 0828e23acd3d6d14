/** Makes an error of what is wrong with a file's text, which continues a sentence whose subject it is: 'is not JSON'. */
export type TextError = (why: string, cause?: unknown) => Error;

/** The text that bytes are in UTF-8, without a byte order mark. Throws what `error` makes if they are none. */
export function decodeUtf8(bytes: Uint8Array, error: TextError): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw error('is not valid UTF-8', cause);
  }
}
