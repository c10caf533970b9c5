// What happens to ops, told to listeners and on diagnostics channels. Costs nothing while nobody listens.
import type { AsyncResource } from 'node:async_hooks';
import diagnostics, { type Channel } from 'node:diagnostics_channel';
import { outside } from '../util/outside';
import { validateFunction } from '../validate/values';
import type { Outcome } from './errors';
import type { PendingOp } from './pending-op';

/**
 * `start`: an op begins. `interrupt`: it is asked to end. `end`: its caller has the result or the error. `abandon`:
 * its caller is free and the kernel still has the call; `release`: the kernel has given that up, too.
 */
export type PendingEventType = 'start' | 'end' | 'interrupt' | 'abandon' | 'release';

/** What happened to an op, for the listeners of onPending(). */
export interface PendingEvent {
  /** What happened. */
  type: PendingEventType;
  /** The op, as it was then. */
  op: PendingOp;
  /** How it ended. With `end`, `abandon` and `release`. */
  outcome?: Outcome;
  /** What its caller gets. With `end`, of a call that failed. */
  error?: unknown;
  /** ms from the call to its end. With `end`; left out when nobody listened yet as the op began. */
  durationMs?: number;
  /** ms of these that it waited for a worker. With `end`. */
  queuedMs?: number;
}

/** What an event tells besides its type and its op. */
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
 * and in no scope. The same events are published on the diagnostics channels `pendingop:start`, `pendingop:end` and so
 * on.
 *
 * @param listener - what it throws is an uncaught exception, and does not affect the op
 * @returns a function that takes the listener away
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

/** Whether anybody would hear of such an event. */
export function observed(type: PendingEventType): boolean {
  return listeners.size > 0 || channels[type].hasSubscribers;
}

/** Whether anybody would hear of anything. */
export const observedAtAll = (): boolean =>
  observed('start') || observed('end') || observed('interrupt') || observed('abandon') || observed('release');

/** `context` is that of the op's caller. */
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

/** What a listener throws is an uncaught exception, and no concern of whoever has something to tell. */
export function notify<A extends unknown[]>(listener: (...args: A) => unknown, ...args: A): void {
  try {
    listener(...args);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
