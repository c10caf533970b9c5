// What carries out a call that no worker has: several calls in its place, a caller's function, a command, a task.
import { type NativeLoop, native } from '../engine/addon';
import { Ended, State } from '../engine/codes';
import { destOf, subjectOf } from './describe';
import type { Call } from './index';
import { outsideReason, type Why } from './interruption';
import type { Parts } from './parts';
import { pathnameOf } from './pending-op';

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

/**
 * Those that run, and those that were abandoned and have not ended. Native code is told of what no worker has any part of,
 * so that the control socket lists it while this event loop is blocked: binding/control/loop_ops.h. What is made of calls
 * is seen by them, and is not worth the microsecond.
 */
class Drivers implements Iterable<Driver> {
  /** By driver, the number that native code knows it by; 0: it does not. */
  readonly #numbers = new Map<Driver, number>();
  #loop: NativeLoop | undefined;

  add(driver: Driver): void {
    this.#numbers.set(driver, driver.parts === undefined ? this.#announce(driver.call) : 0);
  }

  #announce(call: Call<unknown>): number {
    this.#loop ??= native.watchLoopOps((number, graceMs, tell) => this.#interrupt(number, graceMs, tell));
    const path = pathnameOf(call);
    const subject = path === '' ? subjectOf(call) : '';
    const label = call.scope?.label ?? '';
    return native.beginLoopOp(this.#loop, call.type.fn, path, destOf(call), subject, label);
  }

  delete(driver: Driver): void {
    const number = this.#numbers.get(driver);
    if (number === undefined) return;
    this.#numbers.delete(driver);
    if (number !== 0) native.endLoopOp(number);
  }

  /** What has become of it, where it has not ended. */
  mark(driver: Driver, state: 'interrupting' | 'abandoned'): void {
    const number = this.#numbers.get(driver);
    if (number) native.markLoopOp(number, State[state]);
  }

  [Symbol.iterator](): Iterator<Driver> {
    return this.#numbers.keys();
  }

  /** Somebody has asked for it over the control socket; `tell` says how it ended. */
  #interrupt(number: number, graceMs: number, tell: (outcome: number) => void): void {
    for (const [{ call }, one] of this.#numbers) {
      if (one !== number) continue;
      void call.interrupt('interrupt', outsideReason(), graceMs).then((outcome) => tell(Ended[outcome]));
      return;
    }
    tell(Ended.completed);
  }
}

export const drivers = new Drivers();
