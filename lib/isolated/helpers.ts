// The helpers of one module: who takes a call, how long an idle one is kept, what happens to the calls of one that has
// ended.
import { clearTimeout, setTimeout } from 'node:timers';
import type { Outcome } from '../call/errors';
import { beforeChange, rights } from '../engine/rights';
import { now } from '../util/clock';
import { Helper, type HelperKind, type Job } from './helper';

/** ms that a helper without a call is kept for the next one. */
const IDLE_MS = 10_000;
/**
 * ms that a shared helper has for the calls it was given at its start before it may be ended for one of them: were each
 * timeout to end it at once, under many timeouts nothing would ever come to its end.
 */
const LEAST_LIFE_MS = 50;
/** A call that was there so often when its helper crashed is not made again: it may be the cause. */
const MOST_CRASHES = 2;

let lastId = 0;

/** A call that was given to a helper. */
export interface HelperCall {
  readonly done: Promise<unknown>;
  /** Ends it: settles once it is gone from wherever it was. */
  end(): Promise<void>;
  /** How it ended; `completed`, unless end() was what ended it. */
  outcome(): Outcome;
}

export class Helpers {
  readonly #kind: HelperKind;
  /** One helper for all calls, which are made again in the next one when it has to be ended. */
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
    // On a thread that cannot change them, it is only now that a change is seen.
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
   * None that was started so far is given another call: this process is about to change its rights, or has. What only
   * looks something up is made again in another one; other people's functions come to their end.
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

  /** Ends a call together with its helper; the others that are in it go on in the next one. */
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
      // Answered, or ended for another call's sake.
      if (helper.jobs.get(job.id) !== job) return this.#end(job);
    }
    helper.jobs.delete(job.id);
    job.outcome = 'killed';
    await helper.kill();
    job.reject(undefined);
  }
}
