// Waits for calls on the caller's thread. The thread runs nothing meanwhile: completions of other calls are settled in
// the loop's next turn.
import { types } from 'node:util';
import { Call } from '../../call';
import type { Stoppable } from '../../call/abort-signals';
import { drivers } from '../../call/driver';
import { end } from '../../call/end';
import { PartsDriver } from '../../call/parts-driver';
import type { CallListener } from '../../call/type';
import { startToWait, waitFor } from '../../engine';
import { settings } from '../../engine/settings';
import type { AnyFunction } from '../../node/imitate';
import { now } from '../../util/clock';
import { noop } from '../../util/noop';
import type { Body, Composed, Each, Step } from './plan';

class Heard implements CallListener {
  over = false;
  value: unknown = undefined;
  error: unknown = undefined;

  done(value: unknown): void {
    this.over = true;
    this.value = value;
  }

  failed(error: unknown): void {
    this.over = true;
    this.error = error;
  }
}

/**
 * Returns the result of the call, or throws, at the latest after `ms` (Infinity: any time) and the grace. Stacks begin
 * below `caller`. `whole` is interrupted when the time is over.
 */
export function complete<T>(call: Call<T>, ms: number, caller: AnyFunction, whole: Stoppable = call): T {
  const heard = new Heard();
  startToWait(() => call.startFor(heard));
  if (!heard.over && !waitFor(call as Call<unknown>, ms)) {
    whole.stop('timeout', undefined);
    // A close has its grace in the queue, too, but no timer can run on this blocked thread to end it.
    const closes = call.type.closes === true && !heard.over;
    if (closes && !waitFor(call as Call<unknown>, settings.grace))
      void call.interrupt('timeout', undefined, 0);
    // Takes at most the grace, after which the call is abandoned.
    if (!heard.over) waitFor(call as Call<unknown>, -1);
  }
  if (!heard.over)
    throw new Error(
      `The thread is ending, and cannot wait for ${call.type.fn} with a timeout any more: call it without \`timeout\` here`,
    );
  if (heard.error !== undefined) {
    Error.captureStackTrace(heard.error as Error, caller);
    throw heard.error;
  }
  return heard.value as T;
}

/** Does the same for a composite. Each of its calls gets what is left of the time for all. */
export function completeAll<T>(composed: Composed<T>, ms: number, caller: AnyFunction): T {
  const { type, args, options, path, dest } = composed;
  const parent = new Call(type, args, options) as Call<unknown>;
  parent.path = path;
  if (dest !== undefined) parent.dest = dest;
  return new SyncDriver(parent, ms, caller).complete(() => composed.body(parent));
}

class SyncDriver extends PartsDriver {
  readonly #until: number;
  readonly #caller: AnyFunction;

  constructor(parent: Call<unknown>, ms: number, caller: AnyFunction) {
    super(parent);
    this.#until = now() + ms;
    this.#caller = caller;
  }

  /** complete() carries the call out. */
  run(): void {
    drivers.add(this);
  }

  complete<T>(body: () => Body<T>): T {
    const heard = new Heard();
    const ended = (): void => {
      if (!heard.over) return;
      Error.captureStackTrace(heard.error as Error, this.#caller);
      throw heard.error;
    };
    this.call.driver = this;
    this.call.startFor(heard);
    ended();
    let failed: (() => unknown) | undefined;
    try {
      return this.#drive(body());
    } catch (error) {
      failed = () => error;
      throw error;
    } finally {
      // The body may have caught the error, but the composite was interrupted.
      ended();
      drivers.delete(this);
      end(this.call, 'completed', false, failed);
    }
  }

  #drive<T>(body: Body<T>): T {
    for (let next = body.next(); ; ) {
      if (next.done) return next.value;
      let value: unknown;
      try {
        value = this.#step(next.value);
      } catch (error) {
        next = body.throw(error);
        continue;
      }
      next = body.next(value);
    }
  }

  #step(step: Step): unknown {
    if (step instanceof Call) return this.#call(step);
    if ('each' in step) return this.#each(step);
    if ('said' in step) {
      if (types.isPromise(step.said)) throw step.refuse();
      return step.said;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.min(step.ms, this.#left()));
    return undefined;
  }

  #left(): number {
    return Math.max(0, this.#until - now());
  }

  get #isStopped(): boolean {
    return this.call.state !== 'pending';
  }

  #call(call: Call<unknown>): unknown {
    // The descriptor is closed all the same, but there is no time left to wait for it.
    if (this.#isStopped && call.type.closes === true) return void call.start().catch(noop);
    return complete(call, this.#left(), this.#caller, this.call);
  }

  /** Does what forEach() does, one item after the other. */
  #each({ items, each, stops }: Each): void {
    const failures: unknown[] = [];
    for (const item of items) {
      try {
        this.#drive(each(item as never));
      } catch (error) {
        failures.push(error);
        if (stops || this.#isStopped) break;
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
