// Carries out several calls, one after the other. At first the caller's thread waits for them, since most are answered
// at once and callers rely on that. After some time it waits no more, and they go on in the event loop.
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
  /** Runs a function in the async context that the calls belong to. */
  readonly #within: (make: () => void) => void;
  readonly #done: (value: T) => void;
  readonly #failed: (error: unknown) => void;
  /** Returns whether the calls keep the event loop alive. */
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

  /** The call that is waited for. */
  get call(): Call<unknown> | undefined {
    return this.#call;
  }

  /** Sets whether the call keeps the event loop alive. */
  hold(on: boolean): void {
    if (this.#call !== undefined) keepsLoop(this.#call, on);
  }

  /** Begins. Blocks this thread for at most `ms`. */
  begin(ms: number): void {
    this.#waitsUntil = now() + ms;
    this.#go(() => this.#steps.next());
    this.#waitsUntil = 0;
  }

  #go(first: () => IteratorResult<Call<unknown>, T>): void {
    this.#next = first;
    // A call may be over as soon as it starts. The loop below avoids recursion then.
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
