// The calls that a composite is made of: those in flight, how they ended, and the end of the whole that follows from it.
import { setImmediate } from 'node:timers';
import { now } from '../util/clock';
import { drivers } from './driver';
import type { Outcome } from './errors';
import { look } from './in-flight';
import type { Call } from './index';
import { CANCELLED, type Why } from './interruption';

export class Parts {
  /** Of the whole. */
  readonly call: Call<unknown>;
  readonly #children = new Set<Call<unknown>>();
  #stopping = false;
  #tookEffect = false;
  /** How the one of its calls ended that was hardest to end. */
  #worst: Outcome = 'interrupted';
  /** Parts that the kernel has still, though their caller has left. */
  #held = 0;
  /** When a part of it was last over. */
  #progressAt = -1;
  #pauses: AbortController | undefined;

  constructor(call: Call<unknown>) {
    this.call = call;
  }

  /** It was interrupted, and some of its calls have not ended yet. */
  get isStopping(): boolean {
    return this.#stopping && this.#children.size > 0;
  }

  /** Whether one has changed something, or may have. */
  get haveTakenEffect(): boolean {
    return this.#tookEffect;
  }

  /** A child starts: refused, and rejected as interrupted, when the composite was interrupted or is over. */
  adopt(child: Call<unknown>): boolean {
    if (this.#stopping || this.call.state !== 'pending') {
      const { interruption } = this.call;
      child.interruption = interruption?.again();
      child.interrupted(CANCELLED);
      return false;
    }
    this.#children.add(child);
    return true;
  }

  /** A child has changed something, or may have. */
  tookEffect(): void {
    this.#tookEffect = true;
  }

  /** A child is about to end, and nobody has heard of it yet. */
  leave(child: Call<unknown>, outcome: Outcome): void {
    if (outcome === 'abandoned' || (outcome === 'killed' && this.#worst === 'interrupted'))
      this.#worst = outcome;
    if (child.state === 'abandoned') this.#held++;
    this.#children.delete(child);
    if (this.call.deadline !== undefined) this.#progressAt = now();
    // It was over before the interrupt reached it: what the composite waits for next may be no call.
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
   * Ends it once it was interrupted and none of its calls is in flight any more. Whatever else it waits for (a
   * caller's filter, a pause before a retry) does not hold its caller.
   */
  check(): void {
    if (!this.#stopping || this.#children.size > 0 || this.call.state !== 'pending') return;
    const lingers = this.#held > 0;
    if (!lingers) this.#forgetDriver();
    this.call.interrupted(
      { outcome: this.#worst, effect: this.#tookEffect, bytesDone: 0, step: '' },
      lingers,
    );
  }

  /** The kernel has released a part that was abandoned. */
  released(): void {
    if (--this.#held > 0 || this.call.state !== 'abandoned') return;
    this.#forgetDriver();
    this.call.release();
  }

  /** ms since it, or a part of it, last got on; -1: it has not yet. */
  get idleMs(): number {
    let idle = this.#progressAt < 0 ? -1 : now() - this.#progressAt;
    for (const child of this.#children) {
      const own = child.driver?.idleMs ?? look(child)?.idleMs ?? 0;
      if (own >= 0 && (idle < 0 || own < idle)) idle = own;
    }
    return idle;
  }

  /** Aborted when it is interrupted: for what it waits for besides calls. */
  get pauses(): AbortSignal {
    this.#pauses ??= new AbortController();
    if (this.#stopping) this.#pauses.abort();
    return this.#pauses.signal;
  }

  #forgetDriver(): void {
    if (this.call.driver !== undefined) drivers.delete(this.call.driver);
  }
}
