// A driver carries out a call that no worker takes: a composite, a function of the caller's, a command, a
// task.
import { type NativeLoop, native } from '../engine/addon';
import { Ended, State } from '../engine/codes';
import { destOf, subjectOf } from './describe';
import type { Call } from './index';
import { outsideReason, type Why } from './interruption';
import type { Parts } from './parts';
import { pathnameOf } from './pending-op';

export interface Driver {
  readonly call: Call<unknown>;
  /** The parts, if the call is a composite. */
  readonly parts?: Parts;
  /** Called once, when the call has been started. */
  run(): void;
  /** Interrupts the call. May be called again, with another grace. */
  stop(why: Why, reason: unknown, graceMs: number): void;
  readonly runningMs: number;
  /** ms since the last known progress of the call; -1: no progress is known. */
  readonly idleMs: number;
}

/**
 * The drivers that run, and those whose call was abandoned and has not ended. Calls that no worker has any
 * part of are announced to native code, so that the control socket lists them while this event loop is
 * blocked (binding/control/loop_ops.h). A composite is not announced: its parts show it, and announcing costs
 * a microsecond.
 */
class Drivers implements Iterable<Driver> {
  /** For each driver the number under which native code knows its call; 0: the call was not announced. */
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

  /** Reports the state of a call that has not ended to native code. */
  mark(driver: Driver, state: 'interrupting' | 'abandoned'): void {
    const number = this.#numbers.get(driver);
    if (number) native.markLoopOp(number, State[state]);
  }

  [Symbol.iterator](): Iterator<Driver> {
    return this.#numbers.keys();
  }

  /**
   * Interrupts a call on behalf of a client of the control socket. `tell` reports the outcome to that client.
   */
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
