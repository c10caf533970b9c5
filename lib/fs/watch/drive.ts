// What takes several calls, one after the other: waited for on this thread at first, since most are answered at once and
// their caller counts on it, and not any more once that has taken too long.
import type { Call } from '../../call';
import type { CallListener } from '../../call/type';
import { keepsLoop, waitFor } from '../../engine';
import { now } from '../../util/clock';

/** Yields each call, and is resumed with its value. */
export type Steps<T> = Generator<Call<unknown>, T, unknown>;

export function* step<T>(call: Call<T>): Steps<T> {
  return (yield call as Call<unknown>) as T;
}

export class Drive<T> {
  readonly #steps: Steps<T>;
  /** In which async context calls are made. */
  readonly #within: (make: () => void) => void;
  readonly #done: (value: T) => void;
  readonly #failed: (error: unknown) => void;
  /** Whether the event loop waits for its calls. */
  readonly #holds: () => boolean;
  #call: Call<unknown> | undefined;
  #next: (() => IteratorResult<Call<unknown>, T>) | undefined;
  #isRunning = false;
  #waitsUntil = 0;

  constructor(
    steps: Steps<T>,
    within: (make: () => void) => void,
    done: (value: T) => void,
    failed: (error: unknown) => void,
    holds: () => boolean,
  ) {
    this.#steps = steps;
    this.#within = within;
    this.#done = done;
    this.#failed = failed;
    this.#holds = holds;
  }

  /** What it waits for. */
  get call(): Call<unknown> | undefined {
    return this.#call;
  }

  /** The event loop waits for it from now on, or does not. */
  hold(on: boolean): void {
    if (this.#call !== undefined) keepsLoop(this.#call, on);
  }

  /** Begins. Blocks this thread for `ms` at most. */
  begin(ms: number): void {
    this.#waitsUntil = now() + ms;
    this.#go(() => this.#steps.next());
    this.#waitsUntil = 0;
  }

  #go(first: () => IteratorResult<Call<unknown>, T>): void {
    this.#next = first;
    // A call may be over as it begins: no recursion then, however many.
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#next !== undefined) {
        const advance = this.#next;
        this.#next = undefined;
        const { done, value } = advance();
        if (done) {
          this.#done(value);
          return;
        }
        this.#start(value);
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isRunning = false;
    }
  }

  #start(call: Call<unknown>): void {
    this.#call = call;
    const settle = (advance: () => IteratorResult<Call<unknown>, T>): void => {
      this.#call = undefined;
      this.#go(advance);
    };
    const listener: CallListener = {
      done: (value) => settle(() => this.#steps.next(value)),
      failed: (error) => settle(() => this.#steps.throw(error)),
    };
    this.#within(() => call.startFor(listener));
    if (this.#call !== call) return;
    if (!this.#holds()) keepsLoop(call, false);
    const left = this.#waitsUntil - now();
    if (left > 0) waitFor(call, left);
  }
}
