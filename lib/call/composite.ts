// Top ops made of several calls (rm, cp, readdir with `recursive` …), without a worker of their own: to interrupt one
// interrupts the calls it is made of.
import { setImmediate } from 'node:timers';
import { now } from '../util/clock';
import { noop } from '../util/noop';
import type { CallOptions } from '../validate/call-options';
import type { Outcome } from './errors';
import { look } from './in-flight';
import { Call } from './index';
import { CANCELLED, type Why } from './interruption';
import type { CallType } from './type';

/** Those that run; abandoned ones of trackOp() too. */
export const composites = new Set<Composite>();

/** What the call of a composite has, and others have not. */
export class Composite {
  readonly call: Call<unknown>;
  readonly #startedAt = now();
  readonly #body: () => Promise<unknown>;
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

  constructor(call: Call<unknown>, body: () => Promise<unknown>) {
    this.call = call;
    this.#body = body;
  }

  run(): void {
    const { call } = this;
    let failed: (() => unknown) | undefined;
    composites.add(this);
    const over = (): Promise<never> | undefined => {
      // The body gives up with the first of its calls to be interrupted; check() ends it after the last.
      if (this.#stopping && this.#children.size > 0 && call.state === 'pending') return new Promise(noop);
      if (call.state !== 'abandoned') composites.delete(this);
      if (call.state !== 'pending') return undefined;
      if (call.abortedAfterwards) {
        call.interrupted({ outcome: 'completed', effect: this.#tookEffect, bytesDone: 0, step: '' });
      } else {
        call.end('completed', false, failed);
      }
      return undefined;
    };
    // The bare functions last: through them V8 finds out who waits, and errors made in the body name their callers.
    // They do nothing any more where an interrupt has settled the promise before.
    const body = this.#body();
    body.catch((error: unknown) => {
      failed = () => error;
    });
    body.finally(over).then(call.resolve, call.reject);
  }

  /** A child starts: refused, and rejected as interrupted, when the composite was told to stop or is over. */
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
   * Ends it once it was told to stop and none of its calls is in flight any more. Whatever else it waits for (a
   * caller's filter, a pause before a retry) does not hold its caller.
   */
  check(): void {
    if (!this.#stopping || this.#children.size > 0 || this.call.state !== 'pending') return;
    const lingers = this.#held > 0;
    if (!lingers) composites.delete(this);
    this.call.interrupted(
      { outcome: this.#worst, effect: this.#tookEffect, bytesDone: 0, step: '' },
      lingers,
    );
  }

  /** The kernel has let go of a part that was abandoned. */
  released(): void {
    if (--this.#held > 0 || this.call.state !== 'abandoned') return;
    composites.delete(this);
    this.call.release();
  }

  /** ms since it, or a part of it, last got on; -1: it has not yet. */
  get idleMs(): number {
    let idle = this.#progressAt < 0 ? -1 : now() - this.#progressAt;
    for (const child of this.#children) {
      const own = child.composite?.idleMs ?? look(child)?.idleMs ?? 0;
      if (own >= 0 && (idle < 0 || own < idle)) idle = own;
    }
    return idle;
  }

  get runningMs(): number {
    return now() - this.#startedAt;
  }

  /** Aborted when it is told to stop: for what it waits for besides calls. */
  get pauses(): AbortSignal {
    this.#pauses ??= new AbortController();
    if (this.#stopping) this.#pauses.abort();
    return this.#pauses.signal;
  }
}

/**
 * A Top op made of several calls: `run` starts Calls whose `parent` it is. To interrupt it interrupts them, and its
 * promise rejects once none of them is in flight any more, whatever else `run` waits for.
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
  call.composite = new Composite(call, () => run(call));
  return call.start();
}
