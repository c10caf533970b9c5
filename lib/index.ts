// The entry point `pendingop`: the table of calls in flight, and how to end them. The calls themselves are in
// `pendingop/fs`.
import { setTracking } from './call/tracking';
import { openFromEnvironment } from './config/control';
import { validateBoolean } from './validate/values';

export {
  AbortError,
  InterruptError,
  isInterruptError,
  MountMissingError,
  type Outcome,
  StalledError,
  TimeoutError,
} from './call/errors';
export { onPending, type PendingEvent, type PendingEventType } from './call/events';
export { type OpState, PendingOp, type PendingOpJSON } from './call/pending-op';
export { type Configuration, configure, type Killable } from './config/configure';
export type { ControlEvent } from './config/control';
export { type Supported, supported } from './config/supported';
export { include, nativeApi } from './custom/native-api';
export { type TrackOpInfo, trackOp } from './custom/track-op';
export { OpKind } from './engine/codes';
export type { NoAddonError } from './engine/no-addon-error';
export { type IsolatedOptions, type Lookup, lookup, runIsolated } from './isolated';
export {
  type Health,
  type HealthOptions,
  type Mount,
  type MountEvents,
  type Mounts,
  type MountUsage,
  mounts,
  type RequestTimeouts,
  type UsageOptions,
} from './mounts';
export type { InterruptHandler } from './scope/handlers';
export { type RequestScopeOptions, requestScope, scopeOf } from './scope/request-scope';
export { runInterruptible } from './scope/run-interruptible';
export type { Scope, ScopeOptions } from './scope/scope';
export {
  type InterruptOptions,
  type InterruptReport,
  interrupt,
  interruptUnder,
  listPending,
  type PendingFilter,
} from './table';
export { onStall, type StallOptions } from './table/stall';
export { type FunctionStats, type Histogram, type LaneStats, type Stats, stats } from './table/stats';
export type { CallOptions } from './validate/call-options';

if (process.env.PENDINGOP_CONTROL === '1') openFromEnvironment();

/**
 * Turns tracking on or off. Tracking is counted, so that several packages can use it independently: `true` adds one to
 * the count, `false` takes one away, never below zero. Ops that begin while the count is positive are listed. Ops that
 * began while it was zero are not listed; their `signal` and `timeout` work all the same.
 *
 * @param on - true: add one; false: take one away
 * @throws ERR_INVALID_ARG_TYPE if `on` is no boolean
 * @example
 * ```ts
 * import { listPending, trackPending } from 'pendingop';
 * trackPending(true);
 * console.log(listPending().map(String));
 * trackPending(false);
 * ```
 */
export function trackPending(on: boolean): void {
  validateBoolean(on, 'on');
  setTracking(on);
}
