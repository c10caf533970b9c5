// The helpers of one module: which helper takes a call, how long an idle helper is kept, and what happens to the calls
// of a helper that has ended.
import type { Outcome } from '../call/errors';
import { beforeChange, rights } from '../engine/rights';
import { now } from '../util/clock';
import { clearTimeout, setTimeout } from '../util/timers';
import { Helper, type HelperKind, type Job } from './helper';

/** ms that a helper without a call is kept for the next one. */
const IDLE_MS = 10_000;
/**
 * ms that a shared helper has for the calls that it got at its start before it may be ended for one of them. If each
 * timeout ended it at once, then under many timeouts no call would ever be completed.
 */
const LEAST_LIFE_MS = 50;
/** If the helper has crashed this often while it had a call, the call is not made again: it may be the cause. */
const MOST_CRASHES = 2;

let lastId = 0;

/** A call that was given to a helper. */
export interface HelperCall {
  readonly done: Promise<unknown>;
  /** Ends the call. Settles when no helper has it any more. */
  end(): Promise<void>;
  /** How the call ended; `completed` unless end() has ended it. */
  outcome(): Outcome;
}

export class Helpers {
  readonly #kind: HelperKind;
  /** Whether one helper takes all calls. If it has to be ended, they are made again in the next one. */
  readonly #shared: boolean;
  readonly #idleMs: number;
  #rights = '';
  readonly #all = new Map<Helper, NodeJS.Timeout | undefined>();

  constructor(kind: HelperKind, shared: boolean, idleMs = IDLE_MS) {
    this.#kind = kind;
    this.#shared = shared;
    this.#idleMs = idleMs;
    beforeChange(() => this.#retire());
  }

  call(args: readonly unknown[]): HelperCall {
    const job: Job = {
      id: ++lastId,
      args,
      resolve: () => undefined,
      reject: () => undefined,
      crashes: 0,
      outcome: 'completed',
    };
    const done = new Promise<unknown>((resolve, reject) => Object.assign(job, { resolve, reject }));
    this.#give(job);
    return { done, end: () => this.#end(job), outcome: () => job.outcome };
  }

  #give(job: Job): void {
    // On a thread that cannot change the ids, a change is noticed only here.
    const now = rights();
    if (this.#rights !== now) this.#retire();
    this.#rights = now;
    const free = [...this.#all.keys()].find(
      (helper) => !helper.closed && (this.#shared || helper.jobs.size === 0),
    );
    const helper = free ?? this.#start();
    clearTimeout(this.#all.get(helper));
    this.#all.set(helper, undefined);
    helper.take(job);
  }

  #start(): Helper {
    const helper: Helper = new Helper(
      this.#kind,
      () => {
        const timer = setTimeout(() => helper.dismiss(), this.#idleMs);
        timer.unref();
        this.#all.set(helper, timer);
      },
      (jobs, reason) => {
        clearTimeout(this.#all.get(helper));
        this.#all.delete(helper);
        for (const job of jobs) this.#unanswered(job, reason);
      },
    );
    this.#all.set(helper, undefined);
    return helper;
  }

  /**
   * The process is about to change its user or group ids, or has changed them: no helper that was started before gets
   * another call. The calls of a shared helper may be made twice, so they are made again in a new one; calls of other
   * helpers are completed.
   */
  #retire(): void {
    for (const helper of this.#all.keys()) {
      if (helper.closed) continue;
      if (this.#shared || helper.jobs.size === 0) void helper.kill();
      else helper.retire();
    }
  }

  #unanswered(job: Job, reason: unknown): void {
    const started = (reason as NodeJS.ErrnoException | undefined)?.code === 'ERR_HELPER_ENDED';
    if (started) job.crashes++;
    const again = this.#shared && (reason === undefined || (started && job.crashes < MOST_CRASHES));
    if (again) this.#give(job);
    else job.reject(reason);
  }

  /** Ends a call together with its helper. The other calls of that helper are made again in the next one. */
  async #end(job: Job): Promise<void> {
    const helper = [...this.#all.keys()].find((each) => each.jobs.get(job.id) === job);
    if (helper === undefined) return;
    if (this.#shared && helper.withdraw(job)) {
      job.outcome = 'cancelled';
      job.reject(undefined);
      return;
    }
    const age = now() - helper.readyAt;
    if (this.#shared && helper.jobs.size > 1 && age < LEAST_LIFE_MS) {
      await new Promise((resolve) => setTimeout(resolve, LEAST_LIFE_MS - age));
      // The call was answered, or its helper was ended for another call.
      if (helper.jobs.get(job.id) !== job) return this.#end(job);
    }
    helper.jobs.delete(job.id);
    job.outcome = 'killed';
    await helper.kill();
    job.reject(undefined);
  }
}
