// Hands the outcome of a call to its promise or its listener.
import { AsyncResource } from 'node:async_hooks';
import { promiseContext } from './async-context';
import type { Call } from './index';
import { rejectTraced, traceless } from './stacks';
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

/** Fails the call with an error whose stack names the async functions that wait for the call, if a promise does. */
export function failTraced(call: Settled, make: () => Error): void {
  // Subscribers of the tracing channels get the very error that the caller gets, so it is made at once.
  if (isTraced()) {
    fail(call, make());
    return;
  }
  const { listener, context, resolve } = call;
  if (listener !== undefined) listener.failed(traceless(make));
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

/** Makes the async context of a call that has none yet and that listeners of events observe. */
export function makeContext(call: Settled): AsyncResource {
  return isOwn(call) ? promiseContext() : new AsyncResource('PENDINGOP');
}

/**
 * Returns whether makeContext() and leaveContext() make and destroy the context as that of a Node promise
 * function.
 */
const isOwn = (call: Settled): boolean => call.listener === undefined && call.driver === undefined;

export function leaveContext(call: Settled): void {
  if (isOwn(call)) call.context?.emitDestroy();
}
