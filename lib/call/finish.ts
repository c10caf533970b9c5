// Makes the outcome of a call from what the engine hands back.
import { copyTo, scatter } from '../engine/buffers';
import { Ended } from '../engine/codes';
import type { Done } from '../engine/completion';
import { once } from '../util/once';
import { closeAlone } from './closes';
import { end, endInterrupted } from './end';
import { observed } from './events';
import { familyOf } from './family';
import type { Call } from './index';
import { toldFromOutside, wasAbortedAfterwards } from './interrupt';
import { endingOf } from './interruption';
import { failure } from './kernel-error';
import { tellRelease } from './notify';
import { settleReleased } from './released';
import { fail, failTraced, leaveContext, succeed } from './settle';

/** The op is over, or was abandoned. */
export function finish(call: Call<unknown>, done: Done): void {
  if (observed('end')) call.queuedMs = done.queuedMs;
  if (done.outcome !== Ended.completed) {
    if (call.interruption === undefined && !done.lost) toldFromOutside(call);
    if (done.outcome === Ended.cancelled && call.type.closes === true) closeAlone(call);
    else endInterrupted(call, endingOf(done), !done.last);
    return;
  }
  if (wasAbortedAfterwards(call)) {
    const outcome = 'completed';
    const effect = call.type.changes && done.value >= 0;
    endInterrupted(call, { outcome, effect, bytesDone: 0, step: '' });
    return;
  }
  if (done.value < 0) {
    const make = once(failure(call, done));
    if (goesOn(call, make)) return;
    end(call, 'completed', false, make);
    failTraced(call, make);
    return;
  }
  let value: unknown;
  try {
    // The earlier bytes were read straight into the buffer.
    if (call.into !== undefined) {
      if (done.length > 0) copyTo(call.into, call.offset + done.value - done.length, done.view());
    } else if (call.vector !== undefined && call.reads) scatter(call.vector, done.view());
    value = call.type.result(done, call);
  } catch (error) {
    end(call, 'completed', false, () => error);
    fail(call, error);
    return;
  }
  if (goesOn(call, undefined, value)) return;
  if (call.type.changes) familyOf(call)?.tookEffect();
  end(call, 'completed');
  succeed(call, value);
}

/** Returns whether a driver goes on with the call. */
function goesOn(call: Call<unknown>, failed: (() => Error) | undefined, value?: unknown): boolean {
  if (call.goOn === undefined) return false;
  const driver = call.goOn(failed?.() ?? null, value);
  if (driver === undefined) return false;
  call.driver = driver;
  // The interrupt came when the worker was done.
  if (call.interruption !== undefined)
    endInterrupted(call, { outcome: 'interrupted', effect: false, bytesDone: 0, step: '' });
  else driver.run();
  return true;
}

/** The kernel has released an op whose caller was freed before. */
export function release(call: Call<unknown>): void {
  call.state = 'over';
  tellRelease(call);
  familyOf(call)?.released();
  leaveContext(call);
  settleReleased(call);
}
