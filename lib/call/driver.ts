// What carries out a call that no worker has: several calls in its place, a caller's function, a command, a task.
import type { Call } from './index';
import type { Why } from './interruption';
import type { Parts } from './parts';

export interface Driver {
  readonly call: Call<unknown>;
  /** The calls that it is made of, where there are any. */
  readonly parts?: Parts;
  /** Called once, when the call has been started. */
  run(): void;
  /** Makes it come to its end. May be called again, with another grace. */
  stop(why: Why, reason: unknown, graceMs: number): void;
  readonly runningMs: number;
  /** ms since it last got on; -1: it has not yet, as far as can be known. */
  readonly idleMs: number;
}

/** Those that run, and those that were abandoned and have not ended. */
export const drivers = new Set<Driver>();
