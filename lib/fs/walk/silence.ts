// Ends the calls of a walk of which nothing comes back any more. One timer for all of them.
import type { Call } from '../../call';
import { look } from '../../call/in-flight';
import { State } from '../../engine/codes';
import { settings } from '../../engine/settings';
import { LONGEST_TIMER, now } from '../../util/clock';
import { outside } from '../../util/outside';
import { clearTimeout, setTimeout } from '../../util/timers';

/** A silence is noticed after this part of it at the latest. */
const PART = 4;

export class Silence {
  readonly #limitMs: number;
  readonly #calls = new Set<Call<unknown>>();
  /** When a call came back last. */
  #answeredAt = now();
  #timer: NodeJS.Timeout | undefined;

  /** `limitMs`: Infinity for none. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Runs the call, and ends it by a timeout once it has been silent for too long. */
  async during<T>(call: Call<T>): Promise<T> {
    this.#calls.add(call as Call<unknown>);
    this.#timer ??= this.#wait();
    try {
      return await call.start();
    } finally {
      this.#calls.delete(call as Call<unknown>);
      this.#answeredAt = now();
    }
  }

  /** Ends all calls: nobody wants what they find. */
  end(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const call of this.#calls) call.stop('interrupt', reason);
  }

  #wait(): NodeJS.Timeout | undefined {
    if (this.#limitMs === Infinity) return undefined;
    const ms = Math.min(Math.ceil(this.#limitMs / PART), LONGEST_TIMER);
    return outside(() => setTimeout(() => this.#look(), ms).unref());
  }

  #look(): void {
    let someRun = false;
    const queued: [call: Call<unknown>, queuedMs: number][] = [];
    for (const call of this.#calls) {
      const seen = look(call);
      if (seen === undefined) continue;
      if (seen.state === State.queued) {
        queued.push([call, seen.queuedMs]);
        continue;
      }
      someRun = true;
      this.#judge(call, seen.idleMs >= 0 ? seen.idleMs : seen.runningMs);
    }
    // As long as calls of the walk run, those behind them have their turn to come. If none does, others have all workers.
    const sinceAnswer = now() - this.#answeredAt;
    if (!someRun) for (const [call, queuedMs] of queued) this.#judge(call, Math.min(queuedMs, sinceAnswer));
    this.#timer = this.#calls.size > 0 ? this.#wait() : undefined;
  }

  #judge(call: Call<unknown>, silentMs: number): void {
    if (silentMs >= this.#limitMs) void call.interrupt('timeout', undefined, settings.grace, this.#limitMs);
  }
}
