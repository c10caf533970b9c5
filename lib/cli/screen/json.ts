// JSON that may be looked at on a terminal.
import { encode } from './bytes';

/** Not every reader of JSON takes what is no text. */
const text = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? encode(value).toString() : value;

/**
 * Returns the value as JSON. Bytes that are no UTF-8 are replaced. Characters that JSON lets stand for themselves, and that would move the cursor or turn the
 * direction of text, are escaped.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, text, indent).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
