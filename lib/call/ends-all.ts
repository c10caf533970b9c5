// For functions that make many calls, each of which may fail without ending the others.
import type { CallScope } from './current-scope';
import { AbortError, InterruptError } from './errors';

/** Returns whether a call failed because all calls of its function end: by their signal, or with their scope. */
export function endsAll(
  error: unknown,
  signal: AbortSignal | undefined,
  scope: CallScope | undefined,
): boolean {
  if (!(error instanceof InterruptError)) return false;
  return (error instanceof AbortError && signal?.aborted === true) || scope?.ending !== undefined;
}
