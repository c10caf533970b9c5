// trackOp(): makes an op of anything that can wait. The caller supplies the way to interrupt it. No worker carries the
// op out; when it is interrupted, its handler runs, and the op has its grace to end.
import { Call } from '../call';
import { type Driver, drivers } from '../call/driver';
import { end, endInterrupted } from '../call/end';
import type { Outcome } from '../call/errors';
import type { Why } from '../call/interruption';
import { now } from '../util/clock';
import { warnOfHandler } from '../util/handler-warning';
import type { CallOptions } from '../validate/call-options';
import { validateFunction, validateNames } from '../validate/values';
import { Grace } from './grace';
import { customInfo, customType } from './info';

/** How the table shows an op of trackOp(), and how the op is interrupted. */
export interface TrackOpInfo extends CallOptions {
  /** The op's name in the table and in errors. */
  fn: string;
  /**
   * Bits of OpKind.
   * @default OpKind.Top | OpKind.Custom
   */
  kind?: number | undefined;
  /**
   * The op's arguments, for the table.
   * @default none
   */
  params?: unknown[] | undefined;
  /**
   * The path that the op is about, for the table. It is made absolute.
   * @default ''
   */
  pathname?: string | undefined;
  /**
   * Makes whatever `run` waits for end. It is called once, when the op is interrupted; if the op is over first, it is
   * not called. `reason` is the reason that was given to interrupt(), or the reason of the signal. If the handler
   * throws, the op's InterruptError has the error as `handlerError`; if there is no InterruptError, it is a process
   * warning.
   */
  onInterrupt(reason: unknown): void | Promise<void>;
}

const KNOWN = new Set(['fn', 'kind', 'params', 'pathname', 'onInterrupt', 'signal', 'timeout']);

/** How an interrupted op has ended. */
export interface TrackedEnd {
  /**
   * The outcome of an op that was interrupted and then failed; `completed` if the failure is not due to the interrupt.
   */
  outcome(): Outcome;
  /** Whether the op may have changed something by then. */
  effect: boolean;
}

/** Only the op itself knows what it did before it was interrupted. */
const UNKNOWN: TrackedEnd = { outcome: () => 'interrupted', effect: true };

/**
 * Puts anything that can wait into the table, with its own way to interrupt it. `run` is called at once. It gets a
 * signal that is aborted when the op is interrupted.
 *
 * The promise is that of `run`. If the op was interrupted, and `run` fails or does not settle within the grace, the
 * promise rejects with an InterruptError, AbortError or TimeoutError. If `run` goes on after that, the op stays listed
 * as `abandoned` until `run` settles, and its result is dropped.
 *
 * @param info - name, `timeout` (ms), `signal`, and how to interrupt the op
 * @param run - does the work
 * @returns the promise of `run`
 * @example
 * ```ts
 * import { setTimeout } from 'node:timers/promises';
 * import { trackOp } from 'pendingop';
 * const ending = new AbortController();
 * await trackOp(
 *   { fn: 'pause', timeout: 5000, onInterrupt: () => ending.abort() },
 *   (signal) => setTimeout(1000, 'done', { signal }),
 * );
 * ```
 */
export function trackOp<T>(info: TrackOpInfo, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return track(info, run, UNKNOWN);
}

/** trackOp() for ops that know how they end. */
export function track<T>(
  info: TrackOpInfo,
  run: (signal: AbortSignal) => Promise<T>,
  end: TrackedEnd,
): Promise<T> {
  try {
    validateNames(info, KNOWN, 'info', 'property');
    const { fn, kind, params, pathname, signal, timeout } = info;
    const checked = customInfo('info', fn, kind, params, pathname);
    validateFunction(info.onInterrupt, 'info.onInterrupt');
    validateFunction(run, 'run');
    const type = customType<T>(checked, { result: () => undefined as T });
    const call = new Call(type, checked.params, { signal, timeout });
    call.path = checked.path;
    call.driver = new Tracked(call as Call<unknown>, run, info.onInterrupt.bind(info), end);
    return call.start();
  } catch (error) {
    return Promise.reject(error);
  }
}

class Tracked implements Driver {
  readonly call: Call<unknown>;
  readonly idleMs = -1;
  readonly #startedAt = now();
  readonly #work: (signal: AbortSignal) => Promise<unknown>;
  readonly #handler: (reason: unknown) => void | Promise<void>;
  readonly #end: TrackedEnd;
  readonly #controller = new AbortController();
  #stopping = false;
  readonly #grace = new Grace(() => this.#abandon());

  constructor(
    call: Call<unknown>,
    work: (signal: AbortSignal) => Promise<unknown>,
    handler: (reason: unknown) => void | Promise<void>,
    end: TrackedEnd,
  ) {
    this.call = call;
    this.#work = work;
    this.#handler = handler;
    this.#end = end;
  }

  run(): void {
    drivers.add(this);
    const work = async (): Promise<unknown> => this.#work(this.#controller.signal);
    work().then(
      (value) => this.#done(value),
      (error: unknown) => this.#failed(error),
    );
  }

  #done(value: unknown): void {
    if (this.#late()) return;
    const failure = this.call.interruption?.handlerFailure;
    if (failure !== undefined) this.#warn(failure.error);
    end(this.call, 'completed');
    this.call.resolve(value);
  }

  #failed(error: unknown): void {
    if (this.#late()) return;
    const outcome = this.#stopping ? this.#end.outcome() : 'completed';
    if (outcome !== 'completed') {
      this.#interrupted(outcome);
    } else {
      end(this.call, 'completed', false, () => error);
      this.call.reject(error);
    }
  }

  /** The work has settled. Returns whether the op was abandoned before, so that nobody waits for the outcome. */
  #late(): boolean {
    this.#grace.clear();
    drivers.delete(this);
    if (this.call.state !== 'abandoned') return false;
    this.call.release();
    return true;
  }

  stop(why: Why, reason: unknown, graceMs: number): void {
    this.#grace.shorten(graceMs);
    if (this.#stopping) return;
    this.#stopping = true;
    void this.#handle(reason);
    this.#controller.abort(
      why === 'timeout' ? new DOMException(`${this.call.type.fn} timed out`, 'TimeoutError') : reason,
    );
  }

  async #handle(reason: unknown): Promise<void> {
    try {
      await this.#handler(reason);
    } catch (error) {
      const { state, interruption } = this.call;
      if (state === 'pending' && interruption !== undefined) interruption.handlerFailure = { error };
      else this.#warn(error);
    }
  }

  /** Warns of a failed handler if no error of the op can report it. */
  #warn(error: unknown): void {
    warnOfHandler(`The onInterrupt handler of '${this.call.type.fn}'`, error);
  }

  #abandon(): void {
    this.#interrupted('abandoned', true);
  }

  #interrupted(outcome: Outcome, lingers = false): void {
    const effect = outcome !== 'cancelled' && this.#end.effect;
    endInterrupted(this.call, { outcome, effect, bytesDone: 0, step: '' }, lingers);
  }

  get runningMs(): number {
    return now() - this.#startedAt;
  }
}
