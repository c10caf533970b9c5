// onStall(): reports ops that stay in the kernel for long. It looks at all ops from time to time, instead of having a
// timer for each op.
import { AsyncResource } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import type { Call } from '../call';
import { notify } from '../call/events';
import { eachInFlight, type Seen } from '../call/in-flight';
import { opStateOf, PendingOp } from '../call/pending-op';
import { State } from '../engine/codes';
import { argType, outOfRange } from '../node/errors';
import { LONGEST_TIMER } from '../util/clock';
import { outside } from '../util/outside';
import { clearTimeout, setTimeout } from '../util/timers';
import { validateFunction, validateNames } from '../validate/values';

/** Options of onStall(). */
export interface StallOptions {
  /** ms in the kernel after which an op counts as stalled. Greater than 0; the time in the queue does not count. */
  after: number;
}

const OPTIONS = new Set(['after']);
const channel = diagnostics.channel('pendingop:stall');

/**
 * Calls `listener` once for each op that has been in the kernel for `after` ms, also if it was abandoned meanwhile; for
 * a composite, once for each part. Tracking need not be on. The listener does not keep the event loop alive. If the
 * diagnostics channel `pendingop:stall` has subscribers, the same is published there as `{ op, after }`.
 *
 * @param options - when an op counts as stalled
 * @param listener - runs in the async context of this call. If it throws, that is an uncaught exception, and the op
 *   goes on
 * @returns a function that removes the listener
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
    // Timers have whole milliseconds, and may fire one early.
    this.#timer = outside(() => setTimeout(() => this.#look(), Math.ceil(ms) + 1));
    this.#timer.unref();
  }

  #look(): void {
    const stalled: PendingOp[] = [];
    // An op that enters the kernel after this look is due no earlier.
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
    // The listener that was called before may have removed this one.
    if (!this.#isOver) notify(this.#listener, op);
  }
}

const opOf = (call: Call<unknown>, seen: Seen): PendingOp => new PendingOp(call, opStateOf(seen), seen);
