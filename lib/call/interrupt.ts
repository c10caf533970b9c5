// Interrupts a call, wherever it is: with its listeners, in the queue, on a worker, or with a driver.
import { interruptCall } from '../engine';
import { Code, State } from '../engine/codes';
import { giveUpLater } from './closes';
import { drivers } from './driver';
import type { Outcome } from './errors';
import { look } from './in-flight';
import type { Call } from './index';
import { Interruption, outsideReason, type Why } from './interruption';
import { tellInterrupt } from './notify';

/** As Call.interrupt(). */
export function interrupt(
  call: Call<unknown>,
  why: Why,
  reason: unknown,
  graceMs: number,
  timeout: number | undefined,
): Promise<Outcome> {
  if (call.state === 'abandoned' || call.state === 'over')
    return Promise.resolve(call.outcome ?? 'completed');
  const first = call.interruption === undefined;
  call.interruption ??= new Interruption(why, reason, timeout);
  const report = call.interruption.report();
  // Emitted before the end: a composite may end at once.
  if (first) tellInterrupt(call);
  if (call.state === 'starting') return report;
  if (call.driver !== undefined) {
    drivers.mark(call.driver, 'interrupting');
    call.driver.stop(why, reason, graceMs);
  } else {
    const seen = look(call);
    call.interruption.seen = seen;
    const queued = seen === undefined || seen.state === State.queued;
    if (call.type.closes === true && queued && graceMs > 0) giveUpLater(call, graceMs);
    else interruptCall(call, graceMs);
  }
  return report;
}

/**
 * Notes an interrupt from outside: nothing in this environment has interrupted the call, so the order came over the
 * control socket.
 */
export function toldFromOutside(call: Call<unknown>): void {
  call.interruption = new Interruption('interrupt', outsideReason());
  tellInterrupt(call);
}

/**
 * Returns whether the signal was aborted after the call was done. Where Node itself takes a signal, its call rejects
 * then, too, although the file was read or written.
 */
export function wasAbortedAfterwards(call: Call<unknown>): boolean {
  const { code } = call.type;
  if (call.signal === undefined || (code !== Code.readFile && code !== Code.writeFile)) return false;
  // Checked here, since a signal that is no EventTarget has no listener.
  if (call.signal.aborted) call.interruption ??= new Interruption('abort', call.signal.reason);
  return call.interruption?.why === 'abort';
}
