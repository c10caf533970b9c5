// Stack traces that show which functions wait for a call, and where the call was made.
import { join, sep } from 'node:path';
import { noop } from '../util/noop';

/** The folders of this package's frames: the built code and, under --enable-source-maps, its sources. */
const OWN = [join(__dirname, '..'), join(__dirname, '../../lib')].map((folder) => folder + sep);

/**
 * Rejects with an error that is made a moment later, in a reaction that the caller's promise waits for. There
 * V8 knows which async functions wait, so the stack of the error names them.
 */
export function rejectTraced(resolve: (value: unknown) => void, make: () => Error): void {
  const thrower = (): never => {
    const error = traceless(make);
    Error.captureStackTrace(error, thrower);
    throw error;
  };
  resolve(Promise.resolve().then(noop).then(thrower));
}

/**
 * Makes the error without frames in its stack. To capture them takes four times as long as the rest of an error.
 * rejectTraced() captures its own afterwards. A callback gets an error without frames, as from Node: all of them would
 * be of the event loop and of this package.
 */
export function traceless(make: () => Error): Error {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 0;
  } catch {
    return make(); // Error is frozen: its stackTraceLimit cannot be set.
  }
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** Returns the stack of the caller, without the frames of this package. */
export function callerStack(): string {
  const lines = new Error().stack?.split('\n') ?? [];
  return lines.filter((line, i) => i > 0 && !OWN.some((folder) => line.includes(folder))).join('\n');
}
