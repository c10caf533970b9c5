// The parts of a composite: which of them are in flight, how they ended, and how the composite ends when
// interrupted.
import { now } from '../util/clock';
import { setImmediate } from '../util/timers';
import { drivers } from './driver';
import { endInterrupted } from './end';
import type { Outcome } from './errors';
import { look } from './in-flight';
import type { Call } from './index';
import { CANCELLED, type Why } from './interruption';

export class Parts {
  /** The composite's call. */
  readonly call: Call<unknown>;
  readonly #children = new Set<Call<unknown>>();
  #stopping = false;
  #tookEffect = false;
  /** The outcome of the part that was hardest to end. */
  #worst: Outcome = 'interrupted';
  /** The number of abandoned parts that the kernel has not released. */
  #held = 0;
  /** When a part last ended; -1: none has, or the composite has no deadline. */
  #progressAt = -1;
  #pauses: AbortController | undefined;

  constructor(call: Call<unknown>) {
    this.call = call;
  }

  /** Whether the composite was interrupted and some of its parts have not ended yet. */
  get isStopping(): boolean {
    return this.#stopping && this.#children.size > 0;
  }

  /** Whether a part has changed something, or may have. */
  get haveTakenEffect(): boolean {
    return this.#tookEffect;
  }

  /**
   * Adds a part that starts. If the composite was interrupted or is over, rejects the part as interrupted and
   * returns false.
   */
  adopt(child: Call<unknown>): boolean {
    if (this.#stopping || this.call.state !== 'pending') {
      const { interruption } = this.call;
      child.interruption = interruption?.again();
      endInterrupted(child, CANCELLED);
      return false;
    }
    this.#children.add(child);
    return true;
  }

  /** Notes that a part has changed something, or may have. */
  tookEffect(): void {
    this.#tookEffect = true;
  }

  /** Removes a part that is about to end. The caller of the part does not know the outcome yet. */
  leave(child: Call<unknown>, outcome: Outcome): void {
    if (outcome === 'abandoned' || (outcome === 'killed' && this.#worst === 'interrupted'))
      this.#worst = outcome;
    if (child.state === 'abandoned') this.#held++;
    this.#children.delete(child);
    if (this.call.deadline !== undefined) this.#progressAt = now();
    // If a part completed before the interrupt reached it, the body goes on, and may wait for something that
    // is no call.
    if (this.#stopping && outcome === 'completed') setImmediate(() => this.check());
  }

  stop(why: Why, reason: unknown, graceMs: number): void {
    this.#stopping = true;
    const timeout = this.call.interruption?.timeout;
    for (const child of [...this.#children]) void child.interrupt(why, reason, graceMs, timeout);
    this.#pauses?.abort();
    this.check();
  }

  /**
   * Ends the composite if it was interrupted and none of its parts is in flight any more. Its caller does not
   * wait for anything else that the body waits for (a caller's filter, a pause before a retry).
   */
  check(): void {
    if (!this.#stopping || this.#children.size > 0 || this.call.state !== 'pending') return;
    const lingers = this.#held > 0;
    if (!lingers) this.#forgetDriver();
    endInterrupted(
      this.call,
      { outcome: this.#worst, effect: this.#tookEffect, bytesDone: 0, step: '' },
      lingers,
    );
  }

  /** Called when the kernel has released an abandoned part. */
  released(): void {
    if (--this.#held > 0 || this.call.state !== 'abandoned') return;
    this.#forgetDriver();
    this.call.release();
  }

  /** ms since the last progress of the composite or of one of its parts; -1: there was none yet. */
  get idleMs(): number {
    let idle = this.#progressAt < 0 ? -1 : now() - this.#progressAt;
    for (const child of this.#children) {
      const own = child.driver?.idleMs ?? look(child)?.idleMs ?? 0;
      if (own >= 0 && (idle < 0 || own < idle)) idle = own;
    }
    return idle;
  }

  /** A signal for waits of the body that are no calls. It is aborted when the composite is interrupted. */
  get pauses(): AbortSignal {
    this.#pauses ??= new AbortController();
    if (this.#stopping) this.#pauses.abort();
    return this.#pauses.signal;
  }

  #forgetDriver(): void {
    if (this.call.driver !== undefined) drivers.delete(this.call.driver);
  }
}
