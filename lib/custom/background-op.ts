// Ops that no worker carries out and that end in a way of their own when interrupted: commands and tasks. This module
// has what they have in common, which is how the table and the caller see them.
import { Call } from '../call';
import { type Driver, drivers } from '../call/driver';
import { end, endInterrupted } from '../call/end';
import type { Outcome } from '../call/errors';
import type { Why } from '../call/interruption';
import type { CallType } from '../call/type';
import { Code } from '../engine/codes';
import { now } from '../util/clock';
import type { CallOptions } from '../validate/call-options';
import { Grace } from './grace';

export interface BackgroundOp<T> {
  /** Does the work. The promise settles when nothing is left of it. */
  run(): Promise<T>;
  /** Ends the work, within `graceMs` by force if necessary. Called once. */
  stop(reason: unknown, graceMs: number): void;
  /** Returns how the work ended after it was interrupted. */
  outcome(): Outcome;
  /** The caller was freed: the work must not keep the event loop alive any more. */
  abandon(): void;
  /** Returns further properties for the error of an interrupt. */
  details(): object;
}

export interface Kind {
  fn: string;
  kind: number;
  args: readonly unknown[];
  path?: string;
  /** Returns the least ms that the op has to end if its own signal or timeout ends it. Called at that moment. */
  ownGrace: () => number;
}

/** Starts an op that interrupt() can end like any other. */
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

  /** The work has settled, and nothing is left of it. */
  #over(settle: () => void, failed?: () => unknown): void {
    this.#grace.clear();
    drivers.delete(this);
    if (this.call.state === 'abandoned') {
      this.call.release();
    } else if (this.#stopping && failed !== undefined) {
      const outcome = this.#op.outcome();
      endInterrupted(this.call, { outcome, effect: outcome !== 'cancelled', bytesDone: 0, step: '' });
    } else {
      end(this.call, 'completed', false, failed);
      settle();
    }
  }

  stop(why: Why, reason: unknown, graceMs: number): void {
    // If the op's own signal or timeout ends it, the op has at least the time that its own way to end takes.
    // interrupt() says how long its caller waits.
    const grace = why === 'interrupt' ? graceMs : Math.max(graceMs, this.#ownGrace());
    this.#grace.shorten(grace);
    if (this.#stopping) return;
    this.#stopping = true;
    this.#op.stop(reason, grace);
  }

  #abandon(): void {
    this.#op.abandon();
    endInterrupted(this.call, { outcome: 'abandoned', effect: true, bytesDone: 0, step: '' }, true);
  }

  get runningMs(): number {
    return now() - this.#startedAt;
  }
}
