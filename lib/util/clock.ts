// The monotonic clock. That of node:perf_hooks costs a program's start more than all else that is loaded with this.

// As it was when this was loaded: tests that fake the time do not fake that of calls in flight.
const { hrtime } = process;

/** Milliseconds since some moment. */
export function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** ms; a timer of Node for longer fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;
