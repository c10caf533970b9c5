// onStall(): tells of ops that the kernel holds for long. One look at all ops from time to time, and no timer for each.
import { AsyncResource } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { clearTimeout, setTimeout } from 'node:timers';
import type { Call } from '../call';
import { notify } from '../call/events';
import { eachInFlight, type Seen } from '../call/in-flight';
import { opStateOf, PendingOp } from '../call/pending-op';
import { State } from '../engine/codes';
import { argType, outOfRange } from '../node/errors';
import { LONGEST_TIMER } from '../util/clock';
import { outside } from '../util/outside';
import { validateFunction, validateNames } from '../validate/values';

/** When an op counts as stalled. */
export interface StallOptions {
  /** ms in the kernel; the time in the queue does not count. More than 0. */
  after: number;
}

const OPTIONS = new Set(['after']);
const channel = diagnostics.channel('pendingop:stall');

/**
 * Calls `listener` once for each op that has been in the kernel for `after` ms, also for one that was abandoned
 * meanwhile; of a composite, for its parts. Tracking need not be on. It keeps no event loop alive. The same is
 * published on the diagnostics channel `pendingop:stall` as `{ op, after }` while there are listeners.
 *
 * @param options - when an op counts as stalled
 * @param listener - runs in the async context of this call; what it throws is an uncaught exception, and does not
 *   affect the op
 * @returns a function that takes the listener away
 * @example
 * ```ts
 * import { onStall } from 'pendingop';
 * const end = onStall({ after: 5000 }, (op) => console.warn(`stalled: ${op}`));
 * ```
 */
export function onStall(options: StallOptions, listener: (op: PendingOp) => void): () => void {
  validateNames(options, OPTIONS);
  const { after } = options;
  if (typeof after !== 'number') throw argType('options.after', 'of type number', after);
  if (!(after > 0 && after <= LONGEST_TIMER))
    throw outOfRange('options.after', `> 0 && <= ${LONGEST_TIMER}`, after);
  validateFunction(listener, 'listener');
  const detector = new Detector(after, AsyncResource.bind(listener));
  return () => detector.end();
}

class Detector {
  readonly #after: number;
  readonly #listener: (op: PendingOp) => void;
  readonly #told = new WeakSet<Call<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(after: number, listener: (op: PendingOp) => void) {
    this.#after = after;
    this.#listener = listener;
    this.#wait(after);
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    if (this.#isOver) return;
    // Timers have whole milliseconds, and may be early by one.
    this.#timer = outside(() => setTimeout(() => this.#look(), Math.ceil(ms) + 1));
    this.#timer.unref();
  }

  #look(): void {
    const stalled: PendingOp[] = [];
    // What enters the kernel from now on is due no earlier.
    let next = this.#after;
    eachInFlight((call, seen) => {
      if (seen.state === State.queued || this.#told.has(call)) return;
      const left = this.#after - seen.runningMs;
      if (left > 0) {
        next = Math.min(next, left);
      } else {
        this.#told.add(call);
        stalled.push(opOf(call, seen));
      }
    });
    this.#wait(next);
    for (const op of stalled) this.#tell(op);
  }

  #tell(op: PendingOp): void {
    if (channel.hasSubscribers) channel.publish({ op, after: this.#after });
    // A listener may have ended it.
    if (!this.#isOver) notify(this.#listener, op);
  }
}

const opOf = (call: Call<unknown>, seen: Seen): PendingOp => new PendingOp(call, opStateOf(seen), seen);
