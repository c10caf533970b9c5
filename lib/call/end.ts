// The end of a call, however it comes to it.
import { once } from '../util/once';
import { unwatchSignal } from './abort-signals';
import { removeDeadline } from './deadlines';
import { drivers } from './driver';
import type { Outcome } from './errors';
import { familyOf } from './family';
import type { Call } from './index';
import { type Ending, interruptError } from './interruption';
import { tellEnd } from './notify';
import { settleReleased } from './released';
import { failTraced } from './settle';

/**
 * Ends the call, but does not settle its promise: the caller of end() does that right afterwards, with the error that
 * `error` makes. `lingers`: the kernel still has the call.
 */
export function end(call: Call<unknown>, outcome: Outcome, lingers = false, error?: () => unknown): void {
  const began = call.state !== 'new';
  call.state = lingers ? 'abandoned' : 'over';
  call.outcome = outcome;
  if (call.signal !== undefined) unwatchSignal(call.signal, call);
  if (call.deadline !== undefined) removeDeadline(call);
  familyOf(call)?.leave(call, outcome);
  call.type.settled?.(call);
  if (lingers && call.driver !== undefined) drivers.mark(call.driver, 'abandoned');
  if (began) tellEnd(call, outcome, lingers, error);
  call.interruption?.over(outcome);
  if (!lingers) settleReleased(call);
}

/** Ends the call with the error of its interruption. `lingers`: the kernel still has the call. */
export function endInterrupted(call: Call<unknown>, ending: Ending, lingers = false): void {
  const make = once(interruptError(call, ending));
  if (ending.effect) familyOf(call)?.tookEffect();
  end(call, ending.outcome, lingers, make);
  failTraced(call, make);
  familyOf(call)?.check();
}
