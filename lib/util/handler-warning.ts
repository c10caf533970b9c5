// Warns that a function of the caller's, which was to make something end, has failed. No error of a call could report
// it.
import { inspect } from 'node:util';

/** `what`: the function, as the subject of "failed". */
export function warnOfHandler(what: string, error: unknown): void {
  process.emitWarning(`${what} failed`, {
    type: 'InterruptHandlerWarning',
    code: 'PENDINGOP_INTERRUPT_HANDLER',
    detail: inspect(error),
  });
}
