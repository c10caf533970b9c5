// What stack traces show: who waits for the call, and where it was made.
import { join, sep } from 'node:path';
import { noop } from '../util/noop';

/** Where this package's frames are: what runs, and, under --enable-source-maps, what it was made of. */
const OWN = [join(__dirname, '..'), join(__dirname, '../../lib')].map((folder) => folder + sep);

/**
 * Rejects with an error made a moment later, in a reaction that the caller's own promise waits for: there V8 knows
 * which async functions wait, and the stack names them.
 */
export function rejectTraced(resolve: (value: unknown) => void, make: () => Error): void {
  const thrower = (): never => {
    const error = traceless(make);
    Error.captureStackTrace(error, thrower);
    throw error;
  };
  resolve(Promise.resolve().then(noop).then(thrower));
}

/** It gets its trace afterwards; to take two costs twice the time. */
function traceless(make: () => Error): Error {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 0;
  } catch {
    return make(); // Errors are frozen.
  }
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Where the package was called: its own frames left out. */
export function callerStack(): string {
  const lines = new Error().stack?.split('\n') ?? [];
  return lines.filter((line, i) => i > 0 && !OWN.some((folder) => line.includes(folder))).join('\n');
}
