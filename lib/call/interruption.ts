// What a call was told when it was to end, who waits to hear how it did, and the error that its caller gets.
import { setImmediate } from 'node:timers';
import { native } from '../engine/addon';
import { Ended } from '../engine/codes';
import type { Done } from '../engine/completion';
import { textOf } from '../util/path-text';
import { AbortError, type InterruptDetails, InterruptError, type Outcome, TimeoutError } from './errors';
import { look, type Seen } from './in-flight';
import type { Call } from './index';
import { PendingOp, pathText } from './pending-op';

export type Why = 'interrupt' | 'abort' | 'timeout';

export class Interruption {
  readonly why: Why;
  /** The `cause` of the error. */
  readonly reason: unknown;
  /** ms, of a timeout that is not the call's own. */
  readonly timeout: number | undefined;
  /** Where the call was then. */
  seen: Seen | undefined = undefined;
  /** The caller's own way to interrupt has failed. */
  handlerFailure: { error: unknown } | undefined = undefined;
  #reports: ((outcome: Outcome) => void)[] = [];

  constructor(why: Why, reason: unknown, timeout?: number) {
    this.why = why;
    this.reason = reason;
    this.timeout = timeout;
  }

  /** For another call that ends with this one. */
  again(): Interruption {
    return new Interruption(this.why, this.reason, this.timeout);
  }

  /** Settles when the call has ended. */
  report(): Promise<Outcome> {
    return new Promise((resolve) => this.#reports.push(resolve));
  }

  /** The call has ended. */
  over(outcome: Outcome): void {
    const reports = this.#reports;
    if (reports.length === 0) return;
    this.#reports = [];
    // After the promise of the op itself, which settles some microtasks from now.
    setImmediate(() => {
      for (const report of reports) report(outcome);
    });
  }
}

/** What a call is told that was ended by somebody else's command. */
export const outsideReason = (): Error =>
  Object.assign(new Error('Interrupted over the control socket of the process'), {
    code: 'ERR_PENDINGOP_CONTROL',
  });

/** How an interrupted call ended, and how far it had got. */
export interface Ending {
  outcome: Outcome;
  effect: boolean;
  bytesDone: number;
  /** The system call it was in; '' where none. */
  step: string;
}

/** It never started. */
export const CANCELLED: Ending = { outcome: 'cancelled', effect: false, bytesDone: 0, step: '' };

/** Out of the completion of a call that has no result. */
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

/** Looks at the call now, and makes the error when it is asked to. */
export function interruptError(call: Call<unknown>, ending: Ending): () => InterruptError {
  const { outcome, effect, bytesDone, step } = ending;
  const { interruption } = call;
  const syscall = step === '' ? call.type.syscall : step;
  const path = call.fd >= 0 ? call.handlePath || undefined : pathText(call);
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

/** `tail`: what was ended. `timeout`: ms, where the interruption does not say. */
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
      // Nobody asked: its worker was killed by somebody else, or because the process has changed its rights.
      const what = details.outcome === 'killed' ? 'its worker was killed' : 'interrupted system call';
      return new InterruptError(`EINTR: ${what}, ${tail}`, details);
    }
  }
}
