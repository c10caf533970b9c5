// The diagnostics channels `tracing:pendingop.call:*`, in the shape of Node's TracingChannel: `start` and `end` around
// the call itself, `error` if it fails, `asyncStart` and `asyncEnd` around its settling. All of them publish the same
// object.
import diagnostics from 'node:diagnostics_channel';
import { now } from '../util/clock';
import type { Call } from './index';
import { PendingOp } from './pending-op';

/** What the five channels publish: one object for each call. */
export interface CallTrace {
  readonly op: PendingOp;
  /** The function's name as the caller knows it. */
  readonly fn: string;
  readonly path: string;
  /** ms from the call to its end, the time in the queue included. With `error`, `asyncStart` and `asyncEnd`. */
  durationMs?: number;
  /** How the call ended. With `asyncStart` and `asyncEnd`. */
  outcome?: string;
  /** What the promise rejects with. */
  error?: unknown;
  /** What the promise resolves to. */
  result?: unknown;
}

const channel = (event: string) => diagnostics.channel(`tracing:pendingop.call:${event}`);
const start = channel('start');
const end = channel('end');
const asyncStart = channel('asyncStart');
const asyncEnd = channel('asyncEnd');
const error = channel('error');

const traces = new WeakMap<Call<unknown>, { trace: CallTrace; startedAt: number }>();

/** Returns whether a channel has subscribers. Each call asks this; it costs five reads. */
export const isTraced = (): boolean =>
  start.hasSubscribers ||
  end.hasSubscribers ||
  asyncStart.hasSubscribers ||
  asyncEnd.hasSubscribers ||
  error.hasSubscribers;

/** Publishes the start of a call. Called only if isTraced(). */
export function traceStart(call: Call<unknown>): void {
  const op = PendingOp.of(call, 'queued');
  const trace: CallTrace = { op, fn: op.fn(), path: op.pathname() };
  traces.set(call, { trace, startedAt: now() });
  start.publish(trace);
  end.publish(trace);
}

/** Publishes the end of a call, right before its promise or its listener gets the outcome. */
export function traceEnd(call: Call<unknown>, failed: boolean, value: unknown): void {
  const begun = traces.get(call);
  if (begun === undefined) return;
  traces.delete(call);
  const { trace, startedAt } = begun;
  trace.durationMs = now() - startedAt;
  trace.outcome = call.outcome ?? 'completed';
  if (failed) {
    trace.error = value;
    error.publish(trace);
  } else {
    trace.result = value;
  }
  asyncStart.publish(trace);
  asyncEnd.publish(trace);
}
