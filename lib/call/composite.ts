// Composites: ops that several calls carry out, their parts (rm, cp, readdir with `recursive`, …). A
// composite has no worker of its own. Interrupting a composite interrupts its parts.
import { noop } from '../util/noop';
import type { CallOptions } from '../validate/call-options';
import { drivers } from './driver';
import { end, endInterrupted } from './end';
import { InterruptError } from './errors';
import { Call } from './index';
import { wasAbortedAfterwards } from './interrupt';
import { PartsDriver } from './parts-driver';
import type { CallType } from './type';

/** Carries out a composite by a function that returns a promise, the body. */
class Composite extends PartsDriver {
  readonly #body: () => Promise<unknown>;

  constructor(call: Call<unknown>, body: () => Promise<unknown>) {
    super(call);
    this.#body = body;
  }

  run(): void {
    const { call, parts } = this;
    let failed: (() => unknown) | undefined;
    drivers.add(this);
    const over = (): Promise<never> | undefined => {
      // The body rejects with the first part that was interrupted. If other parts are still in flight,
      // Parts.check() ends the composite after the last of them, so the body's error is dropped here.
      if (parts.isStopping && call.state === 'pending') return new Promise(noop);
      // If the last part completed, check() has not run yet. The body's error is the interrupt of one part,
      // which does not know what the other parts have changed; check() makes the error of the composite.
      if (failed?.() instanceof InterruptError) parts.check();
      if (call.state !== 'abandoned') drivers.delete(this);
      if (call.state !== 'pending') return undefined;
      if (wasAbortedAfterwards(call)) {
        endInterrupted(call, { outcome: 'completed', effect: parts.haveTakenEffect, bytesDone: 0, step: '' });
      } else {
        end(call, 'completed', false, failed);
      }
      return undefined;
    };
    // The chain ends in resolve and reject themselves, and each promise has one reaction. V8 follows only
    // such a chain to the functions that wait, so that errors made in the body name their callers. If an
    // interrupt has settled the call's promise before, resolve and reject do nothing.
    const body = async (): Promise<unknown> => {
      try {
        return await this.#body();
      } catch (error) {
        failed = () => error;
        throw error;
      }
    };
    body().finally(over).then(call.resolve, call.reject);
  }
}

/**
 * Lets a call that a worker begins go on as a composite. `next` gets what the worker made, and returns the rest;
 * undefined: there is none. To the caller and in the table both are one call.
 */
export function goesOn<T>(
  call: Call<T>,
  next: (error: unknown, value: unknown) => ((parent: Call<unknown>) => Promise<unknown>) | undefined,
): Call<T> {
  const parent = call as Call<unknown>;
  call.goOn = (error, value) => {
    const rest = next(error, value);
    if (rest === undefined) return undefined;
    const { listener } = call;
    if (listener !== undefined) {
      call.listener = undefined;
      const settled = new Promise((resolve, reject) => {
        parent.resolve = resolve;
        parent.reject = reject;
      });
      settled.then(
        (result) => listener.done(result),
        (reason) => listener.failed(reason),
      );
    }
    return new Composite(parent, () => rest(parent));
  };
  return call;
}

/**
 * Starts a composite: `run` starts its parts, which are Calls with the composite as `parent`. Interrupting
 * the composite interrupts its parts. Its promise rejects once none of them is in flight any more, whatever
 * else `run` waits for.
 */
export function composite<T>(
  type: CallType<T>,
  args: readonly unknown[],
  options: CallOptions | null | undefined,
  path: string | Uint8Array,
  dest: string | Uint8Array,
  run: (parent: Call<T>) => Promise<T>,
): Promise<T> {
  const call = new Call(type, args, options);
  call.path = path;
  if (dest !== '') call.dest = dest;
  call.driver = new Composite(call, () => run(call));
  return call.start();
}
