// Emits the events of calls. Without listeners no event object is made.

import { now } from '../util/clock';
import type { Outcome } from './errors';
import { type EventDetails, emit, observed, observedAtAll, type PendingEventType } from './events';
import type { Call } from './index';
import { type OpState, PendingOp } from './pending-op';
import { makeContext } from './settle';
import { isTraced, traceStart } from './tracing';

function tell(call: Call<unknown>, type: PendingEventType, state: OpState, outcome?: Outcome): void {
  if (!observed(type)) return;
  emit(type, PendingOp.of(call, state), outcome === undefined ? undefined : { outcome }, call.context);
}

export function tellStart(call: Call<unknown>): void {
  if (isTraced()) traceStart(call);
  // The later events of the call are emitted in the async context of this one.
  if (observedAtAll()) {
    call.context ??= makeContext(call);
    call.startedAt = now();
  }
  if (observed('start')) emit('start', PendingOp.of(call, 'queued'));
}

export const tellInterrupt = (call: Call<unknown>): void => tell(call, 'interrupt', 'interrupting');

/** `error` makes the error that the caller gets. It is called only if `end` has listeners. */
export function tellEnd(
  call: Call<unknown>,
  outcome: Outcome,
  lingers: boolean,
  error?: () => unknown,
): void {
  const state = lingers ? 'abandoned' : 'running';
  if (outcome === 'abandoned') tell(call, 'abandon', state, outcome);
  if (!observed('end')) return;
  const details: EventDetails = { outcome, queuedMs: call.queuedMs };
  if (call.startedAt > 0) details.durationMs = now() - call.startedAt;
  if (error !== undefined) details.error = error();
  emit('end', PendingOp.of(call, state), details, call.context);
}

export const tellRelease = (call: Call<unknown>): void => tell(call, 'release', 'abandoned', call.outcome);
