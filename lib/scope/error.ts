// What a scope's own promise rejects with, and its signal's reason: the scope shown as an op, which the table never has.
import { Call } from '../call';
import type { InterruptError, Outcome } from '../call/errors';
import { errorOf, type Interruption } from '../call/interruption';
import { PendingOp } from '../call/pending-op';
import type { CallType } from '../call/type';
import { OpKind } from '../engine/codes';
import type { Scope } from './scope';

const SCOPE: CallType<void> = {
  fn: 'runInterruptible',
  // Native code never hears of it.
  code: -1,
  syscall: 'runInterruptible',
  kind: OpKind.Top | OpKind.Custom,
  changes: true,
  result: () => undefined,
};

/** `cancelled`: its function has not run. `abandoned`: it has, and may run on. */
export function scopeError(
  scope: Scope,
  ending: Interruption,
  outcome: Outcome & ('cancelled' | 'abandoned'),
): InterruptError {
  const call = new Call(SCOPE, scope.label === '' ? [] : [{ label: scope.label }]);
  call.scope = scope;
  const op = PendingOp.of(call as Call<unknown>, outcome === 'cancelled' ? 'queued' : 'abandoned');
  const { fn, syscall } = SCOPE;
  const mayHaveTakenEffect = outcome !== 'cancelled';
  const details = { syscall, op, outcome, mayHaveTakenEffect, bytesDone: 0, cause: ending.reason };
  return errorOf(ending, details, scope.label === '' ? fn : `${fn} '${scope.label}'`);
}
