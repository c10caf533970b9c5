// The warning of a caller's function that was to make something end, and failed: no error could tell of it.
import { inspect } from 'node:util';

/** `what`: which function, as the subject of "failed". */
export function warnOfHandler(what: string, error: unknown): void {
  process.emitWarning(`${what} failed`, {
    type: 'InterruptHandlerWarning',
    code: 'PENDINGOP_INTERRUPT_HANDLER',
    detail: inspect(error),
  });
}
