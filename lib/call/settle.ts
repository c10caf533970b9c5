// How the outcome of a call reaches who waits for it: its promise, or its listener.
import { AsyncResource } from 'node:async_hooks';
import { promiseContext } from './async-context';
import type { Call } from './index';
import { rejectTraced } from './stacks';
import { isTraced, traceEnd } from './tracing';

type Settled = Call<unknown>;

export function succeed(call: Settled, value: unknown): void {
  if (isTraced()) traceEnd(call, false, value);
  const { listener, context, resolve } = call;
  if (listener !== undefined) listener.done(value);
  else if (context === undefined) resolve(value);
  else settleIn(context, call, resolve, value);
}

export function fail(call: Settled, error: unknown): void {
  if (isTraced()) traceEnd(call, true, error);
  const { listener, context, reject } = call;
  if (listener !== undefined) listener.failed(error);
  else if (context === undefined) reject(error);
  else settleIn(context, call, reject, error);
}

/** With an error that names, in its stack, who waits for it. */
export function failTraced(call: Settled, make: () => Error): void {
  // Who traces is to have the very error that the caller gets.
  if (isTraced()) {
    fail(call, make());
    return;
  }
  const { listener, context, resolve } = call;
  if (listener !== undefined) listener.failed(make());
  else if (context === undefined) rejectTraced(resolve, make);
  else settleIn(context, call, rejectTraced, resolve, make);
}

function settleIn<A extends unknown[]>(
  context: AsyncResource,
  call: Settled,
  settle: (...args: A) => void,
  ...args: A
): void {
  context.runInAsyncScope(settle, undefined, ...args);
  if (call.state === 'over') leaveContext(call);
}

/** For who looks on: one of the call's own, where it has none yet. */
export function makeContext(call: Settled): AsyncResource {
  return isOwn(call) ? promiseContext() : new AsyncResource('PENDINGOP');
}

/** That of a listener is the listener's own. */
const isOwn = (call: Settled): boolean => call.listener === undefined && call.driver === undefined;

export function leaveContext(call: Settled): void {
  if (isOwn(call)) call.context?.emitDestroy();
}
