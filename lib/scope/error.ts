// The error that a scope's promise rejects with. It is also the reason of the scope's signal. Its `op` shows the scope
// as an op, which the table never lists.
import { Call } from '../call';
import type { InterruptError, Outcome } from '../call/errors';
import { errorOf, type Interruption } from '../call/interruption';
import { PendingOp } from '../call/pending-op';
import type { CallType } from '../call/type';
import { OpKind } from '../engine/codes';
import type { Scope } from './scope';

const SCOPE: CallType<void> = {
  fn: 'runInterruptible',
  // No number of Code: native code never gets this op.
  code: -1,
  syscall: 'runInterruptible',
  kind: OpKind.Top | OpKind.Custom,
  changes: true,
  result: () => undefined,
};

/** `cancelled`: the scope's function was not called. `abandoned`: it was, and may still run. */
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
