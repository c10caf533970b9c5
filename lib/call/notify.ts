// The events of calls. Nothing is made of a call that nobody would hear of.

import type { Outcome } from './errors';
import { emit, observed, observedAtAll, type PendingEventType } from './events';
import type { Call } from './index';
import { type OpState, PendingOp } from './pending-op';
import { makeContext } from './settle';

function tell(call: Call<unknown>, type: PendingEventType, state: OpState, outcome?: Outcome): void {
  if (observed(type)) emit(type, PendingOp.of(call, state), outcome, call.context);
}

export function tellStart(call: Call<unknown>): void {
  // The later events are heard where this one is.
  if (observedAtAll()) call.context ??= makeContext(call);
  if (observed('start')) emit('start', PendingOp.of(call, 'queued'));
}

export const tellInterrupt = (call: Call<unknown>): void => tell(call, 'interrupt', 'interrupting');

export function tellEnd(call: Call<unknown>, outcome: Outcome, lingers: boolean): void {
  const state = lingers ? 'abandoned' : 'running';
  if (outcome === 'abandoned') tell(call, 'abandon', state, outcome);
  tell(call, 'end', state, outcome);
}

export const tellRelease = (call: Call<unknown>): void => tell(call, 'release', 'abandoned', call.outcome);
