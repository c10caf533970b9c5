// pendingop: the table of calls in flight, and how to end them. The calls themselves: pendingop/fs/promises.
import { setTracking } from './call';
import { validateBoolean } from './fs/checks';

export type { CallOptions } from './call-type';
export { OpKind } from './codes';
export { type Configuration, configure, type Killable } from './configure';
export { AbortError, InterruptError, type Outcome, StalledError, TimeoutError } from './errors';
export { onPending, type PendingEvent, type PendingEventType } from './events';
export type { InterruptHandler } from './interrupt-handlers';
export { type IsolatedOptions, type Lookup, lookup, runIsolated } from './isolated';
export {
  type Mount,
  type MountEvents,
  type Mounts,
  type MountUsage,
  mounts,
  type UsageOptions,
} from './mounts';
export { include, nativeApi } from './native-api';
export { type OpState, PendingOp } from './pending-op';
export { runInterruptible } from './run-interruptible';
export type { Scope, ScopeOptions } from './scope';
export { onStall, type StallOptions } from './stall';
export {
  type InterruptOptions,
  type InterruptReport,
  interrupt,
  interruptUnder,
  listPending,
  type PendingFilter,
} from './table';
export { type TrackOpInfo, trackOp } from './track-op';

/**
 * Counted: `true` adds one, `false` takes one away, never below zero. Tracking is on while the count is positive, so
 * several packages may call it independently. Ops that began while it was off are not listed; their own `signal` and
 * `timeout` work all the same.
 */
export function trackPending(on: boolean): void {
  validateBoolean(on, 'on');
  setTracking(on);
}
