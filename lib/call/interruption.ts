// Why a call was interrupted, who waits for its outcome, and the error that its caller gets.
import { native } from '../engine/addon';
import { Ended } from '../engine/codes';
import type { Done } from '../engine/completion';
import { textOf } from '../node/path-text';
import { setImmediate } from '../util/timers';
import { AbortError, type InterruptDetails, InterruptError, type Outcome, TimeoutError } from './errors';
import { look, type Seen } from './in-flight';
import type { Call } from './index';
import { PendingOp, pathText } from './pending-op';

export type Why = 'interrupt' | 'abort' | 'timeout';

export class Interruption {
  readonly why: Why;
  /** The `cause` of the error. */
  readonly reason: unknown;
  /** The ms of a timeout that is not the call's own. */
  readonly timeout: number | undefined;
  /** The state of the call at the time of the interrupt. */
  seen: Seen | undefined = undefined;
  /** The error of the caller's own handler. */
  handlerFailure: { error: unknown } | undefined = undefined;
  #reports: ((outcome: Outcome) => void)[] = [];

  constructor(why: Why, reason: unknown, timeout?: number) {
    this.why = why;
    this.reason = reason;
    this.timeout = timeout;
  }

  /** Returns a copy for another call that ends with this one. */
  again(): Interruption {
    return new Interruption(this.why, this.reason, this.timeout);
  }

  /** Resolves to the outcome when the call has ended. */
  report(): Promise<Outcome> {
    return new Promise((resolve) => this.#reports.push(resolve));
  }

  /** The call has ended. */
  over(outcome: Outcome): void {
    const reports = this.#reports;
    if (reports.length === 0) return;
    this.#reports = [];
    // Later than the promise of the op itself, which settles some microtasks from now.
    setImmediate(() => {
      for (const report of reports) report(outcome);
    });
  }
}

/** The reason of an interrupt over the control socket. */
export const outsideReason = (): Error =>
  Object.assign(new Error('Interrupted over the control socket of the process'), {
    code: 'ERR_PENDINGOP_CONTROL',
  });

/** How an interrupted call ended, and how far it had got. */
export interface Ending {
  outcome: Outcome;
  effect: boolean;
  bytesDone: number;
  /** The system call that it was in; '': none. */
  step: string;
}

/** The ending of a call that never started. */
export const CANCELLED: Ending = { outcome: 'cancelled', effect: false, bytesDone: 0, step: '' };

/** Returns the ending that a completion without a result describes. */
export function endingOf(done: Done): Ending {
  const { bytesDone } = done;
  const step = native.steps[done.step] as string;
  switch (done.outcome) {
    case Ended.cancelled:
      return { outcome: 'cancelled', effect: false, bytesDone, step };
    case Ended.interrupted:
      return { outcome: 'interrupted', effect: done.tookEffect, bytesDone, step };
    case Ended.killed:
      return { outcome: 'killed', effect: done.tookEffect, bytesDone, step };
    default:
      return { outcome: 'abandoned', effect: done.tookEffect, bytesDone, step };
  }
}

/** Reads the state of the call now, and returns a function that makes the error. */
export function interruptError(call: Call<unknown>, ending: Ending): () => InterruptError {
  const { outcome, effect, bytesDone, step } = ending;
  const { interruption } = call;
  const syscall = step === '' ? call.type.syscall : step;
  const path = call.fd >= 0 ? textOf(call.handlePath) || undefined : pathText(call);
  const dest = call.dest === undefined ? undefined : textOf(call.dest);
  const where = path === undefined ? '' : ` '${path}'`;
  const tail = `${syscall}${where}${dest === undefined ? '' : ` -> '${dest}'`}`;
  const state = outcome === 'cancelled' ? 'queued' : outcome === 'abandoned' ? 'abandoned' : 'interrupting';
  const details: InterruptDetails = {
    syscall,
    path,
    dest,
    op: PendingOp.of(call, state, look(call) ?? interruption?.seen),
    outcome,
    mayHaveTakenEffect: effect,
    bytesDone,
    cause: interruption?.reason,
    handlerFailure: interruption?.handlerFailure,
  };
  return () => errorOf(interruption, details, tail, call.timeout);
}

/** `tail`: the end of the message, which names the call. `timeout`: the ms, if the interruption does not have them. */
export function errorOf(
  interruption: Interruption | undefined,
  details: InterruptDetails,
  tail: string,
  timeout = 0,
): InterruptError {
  switch (interruption?.why) {
    case 'abort':
      return new AbortError(details);
    case 'timeout': {
      const ms = Math.round(interruption.timeout ?? timeout);
      return new TimeoutError(`ETIMEDOUT: timed out after ${ms} ms, ${tail}`, details);
    }
    case 'interrupt':
      return new InterruptError(`EINTR: interrupted system call, ${tail}`, details);
    default: {
      // Nobody has interrupted it: another process has killed its worker, or the process has changed its rights.
      const what = details.outcome === 'killed' ? 'its worker was killed' : 'interrupted system call';
      return new InterruptError(`EINTR: ${what}, ${tail}`, details);
    }
  }
}
