// The state of calls in flight, as native code sees them at this moment.

import { attached } from '../engine';
import { type NativeEnvironment, native } from '../engine/addon';
import { State } from '../engine/codes';
import type { EngineCall } from '../engine/engine-call';
import { callAt, eachSlot } from '../engine/slots';
import { eachUnsubmitted } from '../engine/submission';
import type { Call } from './index';

/** The state of an op in flight. Times are in ms. */
export interface Seen {
  /** A number of State. */
  state: number;
  systemCall: string;
  thread: number;
  queuedMs: number;
  runningMs: number;
  /** ms since one of its system calls returned and it went on to the next one; -1: none has returned yet. */
  idleMs: number;
}

const UNSUBMITTED: Seen = {
  state: State.queued,
  systemCall: '',
  thread: 0,
  queuedMs: 0,
  runningMs: 0,
  idleMs: -1,
};

// The number of fields for each op in a snapshot: binding/napi/environment.cc.
const ROW = 7;
let rows = new Float64Array(ROW * 64);

function seenAt(at: number): Seen {
  return {
    state: rows[at + 1] as number,
    systemCall: native.calls[rows[at + 2] as number] as string,
    thread: rows[at + 3] as number,
    queuedMs: rows[at + 4] as number,
    runningMs: rows[at + 5] as number,
    idleMs: rows[at + 6] as number,
  };
}

/** Calls `each` for every op in flight. */
export function eachInFlight(each: (call: Call<unknown>, seen: Seen) => void): void {
  const environment = attached();
  if (environment === undefined) return;
  let count = environment.snapshot(rows, -1);
  if (count * ROW > rows.length) {
    rows = new Float64Array(2 * count * ROW);
    count = environment.snapshot(rows, -1);
  }
  for (let at = 0; at < count * ROW; at += ROW) {
    const call = callAt(rows[at] as number);
    if (call !== undefined && isSomebodys(call)) each(call, seenAt(at));
  }
  // Looking at the calls of this tick does not submit them: until they are submitted, an interrupt is sure to come
  // first.
  eachUnsubmitted((call) => {
    if (isSomebodys(call)) each(call, UNSUBMITTED);
  });
}

/** Returns whether the call is a program's. The engine has such calls and the package's own. */
const isSomebodys = (call: EngineCall): call is Call<unknown> => call.internal !== true;

/** Returns the state of this call; undefined once the kernel has released it. */
export function look(call: Call<unknown>): Seen | undefined {
  if (call.slot < 0 || callAt(call.slot) !== call) return undefined;
  return (attached() as NativeEnvironment).snapshot(rows, call.slot) === 0 ? undefined : seenAt(0);
}

/** Calls `each` for every call that has a slot, abandoned ones included. */
export function eachCall(each: (call: Call<unknown>) => void): void {
  eachSlot((call) => {
    if (isSomebodys(call)) each(call);
  });
}
