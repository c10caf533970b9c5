// Calls that close what was opened, or give back another resource. An interrupt only frees their callers.
import { interruptCall } from '../engine';
import { noop } from '../util/noop';
import { outside } from '../util/outside';
import { setTimeout } from '../util/timers';
import { endInterrupted } from './end';
import type { Call } from './index';
import { CANCELLED } from './interruption';

/** Whether the call closes what was opened. Such a call is made even after an interrupt. */
export const givesBack = (call: Call<unknown>): boolean =>
  call.type.closes === true || call.type.givesBack === true;

/**
 * A close always happens: if it is interrupted in the queue, its caller is freed, and a new call closes in its stead.
 */
export function closeAlone(call: Call<unknown>): void {
  const again = call.closeAgain();
  outside(() => again.start().catch(noop));
  endInterrupted(call, { ...CANCELLED, outcome: 'abandoned' });
}

/**
 * A close in the queue keeps its place for the grace: most closes are over within it, and are not reported as
 * interrupted.
 */
export function giveUpLater(call: Call<unknown>, graceMs: number): void {
  const giveUp = (): void => {
    if (call.state === 'pending') interruptCall(call, 0);
  };
  // The call itself keeps the loop alive, so the timer must not.
  outside(() => setTimeout(giveUp, graceMs).unref());
}
