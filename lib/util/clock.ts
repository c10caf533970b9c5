// The clocks. Loading node:perf_hooks would cost more of a program's start than everything else that this
// file's users load.

// The functions as they were when this module was loaded: tests that fake the time must not fake it for calls in flight.
const { hrtime } = process;

/** Returns the milliseconds since an arbitrary moment: the monotonic clock. */
export function now(): number {
  const [seconds, nanoseconds] = hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Returns the milliseconds since 1970, by the system's clock. */
export const { now: wallTime } = Date;

/** The longest delay of a timer in ms: given a longer one, Node's timers fire at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;
