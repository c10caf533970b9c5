// The events of ops, for listeners and on diagnostics channels. Without listeners they cost nothing.
import type { AsyncResource } from 'node:async_hooks';
import diagnostics, { type Channel } from 'node:diagnostics_channel';
import { outside } from '../util/outside';
import { nextTick } from '../util/timers';
import { validateFunction } from '../validate/values';
import type { Outcome } from './errors';
import type { PendingOp } from './pending-op';

/**
 * `start`: the op begins. `interrupt`: it is interrupted. `end`: its caller has the result or the error. `abandon`: its
 * caller is free, but the kernel still has the call. `release`: the kernel has released an abandoned call.
 */
export type PendingEventType = 'start' | 'end' | 'interrupt' | 'abandon' | 'release';

/** What happened to an op, for the listeners of onPending(). */
export interface PendingEvent {
  /** What happened. */
  type: PendingEventType;
  /** The op at that time. */
  op: PendingOp;
  /** How the op ended. With `end`, `abandon` and `release`. */
  outcome?: Outcome;
  /** The error that the caller gets. With `end`, if the call failed. */
  error?: unknown;
  /** ms from the call to its end. With `end`; left out if there was no listener when the op began. */
  durationMs?: number;
  /** The ms of these that the op waited for a worker. With `end`. */
  queuedMs?: number;
}

/** The properties of an event besides its type and its op. */
export type EventDetails = Omit<PendingEvent, 'type' | 'op'>;

const listeners = new Set<(event: PendingEvent) => void>();
const channels: Record<PendingEventType, Channel> = {
  start: diagnostics.channel('pendingop:start'),
  end: diagnostics.channel('pendingop:end'),
  interrupt: diagnostics.channel('pendingop:interrupt'),
  abandon: diagnostics.channel('pendingop:abandon'),
  release: diagnostics.channel('pendingop:release'),
};

/**
 * Calls `listener` for every event of every tracked op, from the event loop, in the async context of the op's caller
 * and outside of any scope. The same events are published on the diagnostics channels `pendingop:start`,
 * `pendingop:end` and so on.
 *
 * @param listener - gets the event. If it throws, that is an uncaught exception, and the op goes on
 * @returns a function that removes the listener
 * @example
 * ```ts
 * import { onPending, trackPending } from 'pendingop';
 * trackPending(true);
 * const end = onPending(({ type, op, durationMs }) => {
 *   if (type === 'end') console.log(op.fn(), op.pathname(), durationMs);
 * });
 * ```
 */
export function onPending(listener: (event: PendingEvent) => void): () => void {
  validateFunction(listener, 'listener');
  const own = (event: PendingEvent): void => listener(event);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}

/** Returns whether an event of this type has listeners. */
export function observed(type: PendingEventType): boolean {
  return listeners.size > 0 || channels[type].hasSubscribers;
}

/** Returns whether any event has listeners. */
export const observedAtAll = (): boolean =>
  observed('start') || observed('end') || observed('interrupt') || observed('abandon') || observed('release');

/** `context`: the async context of the op's caller. */
export function emit(
  type: PendingEventType,
  op: PendingOp,
  details?: EventDetails,
  context?: AsyncResource,
): void {
  const event: PendingEvent = { type, op, ...details };
  const tell = (): void => outside(() => tellAll(event));
  if (context === undefined) tell();
  else context.runInAsyncScope(tell);
}

function tellAll(event: PendingEvent): void {
  for (const listener of listeners) notify(listener, event);
  const channel = channels[event.type];
  if (channel.hasSubscribers) channel.publish(event);
}

/** If the listener throws, that is an uncaught exception; the caller of notify() goes on. */
export function notify<A extends unknown[]>(listener: (...args: A) => unknown, ...args: A): void {
  try {
    listener(...args);
  } catch (error) {
    nextTick(() => {
      throw error;
    });
  }
}
