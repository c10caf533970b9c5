// Ops that no worker has and that come to an end of their own when they are interrupted: commands, tasks. They have
// their own ladder; this is what they have in common, how the table and the caller see it.
import { Call } from '../call';
import { type Driver, drivers } from '../call/driver';
import type { Outcome } from '../call/errors';
import type { Why } from '../call/interruption';
import type { CallType } from '../call/type';
import { Code } from '../engine/codes';
import { now } from '../util/clock';
import type { CallOptions } from '../validate/call-options';
import { Grace } from './grace';

export interface BackgroundOp<T> {
  /** Settles when nothing is left of it. */
  run(): Promise<T>;
  /** Makes it come to its end, by all means within `graceMs` if that can be. Called once. */
  stop(reason: unknown, graceMs: number): void;
  /** How it ended after it was interrupted. */
  outcome(): Outcome;
  /** Its caller has left: it may not keep the loop alive any more. */
  abandon(): void;
  /** What else the error of an interrupt tells. */
  details(): object;
}

export interface Kind {
  fn: string;
  kind: number;
  args: readonly unknown[];
  path?: string;
  /** ms that its own signal and timeout give it; at least. Asked when they end it. */
  ownGrace: () => number;
}

/** An op that interrupt() can end, as any other. */
export function startBackground<T>(
  { fn, kind, args, path, ownGrace }: Kind,
  options: CallOptions,
  op: BackgroundOp<T>,
): { promise: Promise<T>; call: Call<unknown> } {
  const type: CallType<unknown> = {
    fn,
    code: Code.custom,
    syscall: fn,
    kind,
    changes: true,
    result: () => undefined,
  };
  const call = new Call(type, args, options);
  if (path !== undefined) call.path = path;
  const place: { stack?: string } = {};
  Error.captureStackTrace(place, startBackground);
  const frames = place.stack?.slice(place.stack.indexOf('\n') + 1) ?? '';
  const promise = new Promise<T>((resolve, reject) => {
    const failed = (error: unknown): void => {
      if (call.interruption !== undefined && error instanceof Error && 'op' in error) {
        Object.assign(error, op.details());
        error.stack = `${error.name}: ${error.message}\n${frames}`;
      }
      reject(error);
    };
    call.listener = { done: resolve as (value: unknown) => void, failed };
    call.driver = new BackgroundDriver(call, op as BackgroundOp<unknown>, ownGrace);
    call.startFor(call.listener);
  });
  return { promise, call };
}

class BackgroundDriver implements Driver {
  readonly call: Call<unknown>;
  readonly idleMs = -1;
  readonly #startedAt = now();
  readonly #op: BackgroundOp<unknown>;
  readonly #ownGrace: () => number;
  #stopping = false;
  readonly #grace = new Grace(() => this.#abandon());

  constructor(call: Call<unknown>, op: BackgroundOp<unknown>, ownGrace: () => number) {
    this.call = call;
    this.#op = op;
    this.#ownGrace = ownGrace;
  }

  run(): void {
    drivers.add(this);
    const ended = async (): Promise<unknown> => this.#op.run();
    ended().then(
      (value) => this.#over(() => this.call.listener?.done(value)),
      (error: unknown) =>
        this.#over(
          () => this.call.listener?.failed(error),
          () => error,
        ),
    );
  }

  /** Nothing is left of it. */
  #over(settle: () => void, failed?: () => unknown): void {
    this.#grace.clear();
    drivers.delete(this);
    if (this.call.state === 'abandoned') {
      this.call.release();
    } else if (this.#stopping && failed !== undefined) {
      const outcome = this.#op.outcome();
      this.call.interrupted({ outcome, effect: outcome !== 'cancelled', bytesDone: 0, step: '' });
    } else {
      this.call.end('completed', false, failed);
      settle();
    }
  }

  stop(why: Why, reason: unknown, graceMs: number): void {
    // Its own signal and timeout leave it the time that its own ladder takes; interrupt() says how long it waits.
    const grace = why === 'interrupt' ? graceMs : Math.max(graceMs, this.#ownGrace());
    this.#grace.shorten(grace);
    if (this.#stopping) return;
    this.#stopping = true;
    this.#op.stop(reason, grace);
  }

  #abandon(): void {
    this.#op.abandon();
    this.call.interrupted({ outcome: 'abandoned', effect: true, bytesDone: 0, step: '' }, true);
  }

  get runningMs(): number {
    return now() - this.#startedAt;
  }
}
