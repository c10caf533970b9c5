// Between calls and the addon: submits the calls of one tick with one native call, and settles what has come back.
//
// How the loop learns of completions: after a submit it looks in its next turn (setImmediate), for some microseconds
// if need be, since most calls are over by then and to be woken costs more than the call. Only when nothing came does
// it have itself woken (poll with `arm`). Promises are never settled in the turn that submitted them, so calls that
// are over at once do not keep the loop from timers and sockets.
import { setImmediate } from 'node:timers';
import { signalInUse, systemError } from '../node/errno-error';
import { now } from '../util/clock';
import { outside } from '../util/outside';
import { type NativeEnvironment, native } from './addon';
import { Ended } from './codes';
import { COMPLETIONS, completionBytes, completions, done, WAITED_FOR } from './completion';
import type { EngineCall } from './engine-call';
import './rights';
import { anyInFlight, callAt, freeSlot } from './slots';
import { isFull, submissionBytes, submissions, submit, withdraw, write } from './submission';

let environment: NativeEnvironment | undefined;
let flushIsDue = false;
let pollScheduled = false;
let keptAlive = false;
/** Calls whose caller waits: the event loop does too. */
let waiting = 0;
/** Those that it does not wait for: what looks on in the background. */
const unheld = new Set<EngineCall>();

/** Undefined before the first call. */
export const attached = (): NativeEnvironment | undefined => environment;

function attach(): void {
  const failed = native.start();
  if (failed !== 0) throw failed === -16 ? signalInUse(signalName()) : systemError(failed, 'pthread_create');
  // In no scope: what is done for all calls must not belong to that of the first one.
  environment = outside(() =>
    native.attach({ submissions, submissionBytes, completions, completionBytes }, poll),
  );
}

function signalName(): string {
  const { signal } = native.counts();
  return signal === 0 ? 'for interrupts' : String(signal);
}

/** Puts a call into the records; it runs from the end of this tick at the latest. */
export function enqueue(call: EngineCall): void {
  if (environment === undefined) attach();
  if (isFull()) flush();
  write(call);
  waiting++;
  if (flushIsDue) return;
  flushIsDue = true;
  if (gathers) gatheredSince = now();
  else settled.then(flushInTurn);
}

/** ms that a call waits for others to be submitted with. */
const LONGEST_GATHER = 0.1;
let gathers = false;
let gatheredSince = 0;

/**
 * From here on calls wait for gatherNoMore(), to be submitted together: where many callbacks run, each with the ticks
 * and promises after it, every one of them would be a turn of its own.
 */
export function gather(): void {
  gathers = true;
}

/** To be called now and then until gatherNoMore(). */
export function submitGathered(): void {
  if (flushIsDue && now() - gatheredSince > LONGEST_GATHER) flush();
}

export function gatherNoMore(): void {
  gathers = false;
  if (flushIsDue) flush();
}

const settled = Promise.resolve();

function flush(): void {
  flushIsDue = false;
  if (submit(environment as NativeEnvironment)) lookSoon();
}

/**
 * What the loop's other sources make known, a watcher say, may be the effect of a call that is over: whoever waits for
 * that call goes on before what is submitted now, as where Node's own pool tells. Once between two polls, and not for
 * what those have settled: calls that are over at once do not keep the loop from timers and sockets.
 */
let looks: 'not yet' | 'next' | 'no more' = 'next';

function flushInTurn(): void {
  if (looks === 'not yet') {
    looks = 'next';
  } else if (looks === 'next') {
    looks = 'no more';
    const env = environment as NativeEnvironment;
    settle(env.poll(true, false), env);
  }
  flush();
}

function lookSoon(): void {
  if (pollScheduled) return;
  pollScheduled = true;
  outside(() => setImmediate(poll));
}

/** Runs in the loop: as an immediate after a submit, or woken by a completion. */
function poll(): void {
  pollScheduled = false;
  looks = 'next';
  if (withdrawn.length > 0) settleWithdrawn();
  const env = environment as NativeEnvironment;
  let count = env.poll(true, false);
  if (count === 0) {
    if (keptAlive !== waiting > 0) {
      keptAlive = waiting > 0;
      env.keepAlive(keptAlive);
    }
    count = env.poll(false, true);
    if (count < 0) return;
  }
  looks = 'not yet';
  do {
    settle(count, env);
    if (count < COMPLETIONS) break;
    count = env.poll(false, false);
  } while (count > 0);
  if (waiting === 0 && keptAlive) {
    keptAlive = false;
    env.keepAlive(false);
  }
  // Abandoned ones are in flight too: their release is to be heard of.
  if (anyInFlight()) lookSoon();
}

function settle(count: number, env: NativeEnvironment): void {
  for (let i = 0; i < count; i++) {
    done.read(i, env);
    settleOne();
  }
}

/** The one that has been read. Listeners may make calls that are waited for, which then are what has been read. */
function settleOne(): void {
  const call = callAt(done.slot) as EngineCall;
  if (done.last) freeSlot(done.slot);
  if (done.outcome === Ended.released) {
    call.release();
  } else {
    waitNoMore(call);
    call.finish(done);
  }
}

function waitNoMore(call: EngineCall): void {
  if (unheld.size === 0 || !unheld.delete(call)) waiting--;
}

/** Whether the event loop waits for a call that is in flight, as it does for each at first. */
export function keepsLoop(call: EngineCall, keeps: boolean): void {
  if (keeps !== unheld.has(call)) return;
  if (keeps) unheld.delete(call);
  else unheld.add(call);
  waiting += keeps ? 1 : -1;
  // Nothing else may wake the loop before it ends.
  if (keptAlive === waiting > 0) return;
  keptAlive = waiting > 0;
  (environment as NativeEnvironment).keepAlive(keptAlive);
}

/** ms */
const LONGEST_SLEEP = 50;

/**
 * Blocks this thread until the call has settled, or for `ms` (negative: any time); gives whether it has. Nothing of
 * another call runs meanwhile: what completes waits for the loop's next turn.
 */
export function waitFor(call: EngineCall, ms: number): boolean {
  flush();
  const env = environment as NativeEnvironment;
  const settled = sleepUntil(env, call, ms < 0 ? Infinity : now() + ms);
  if (settled) {
    done.read(WAITED_FOR, env);
    settleOne();
  }
  // The loop was to be woken for others, perhaps, which native code has put aside.
  if (anyInFlight()) lookSoon();
  return settled;
}

function sleepUntil(env: NativeEnvironment, call: EngineCall, end: number): boolean {
  for (let from = now(); ; ) {
    const ms = Math.max(0, Math.min(LONGEST_SLEEP, end - from));
    if (env.waitFor(call.slot, ms)) return true;
    // A thread that is terminated meanwhile ends here: it does not in native code.
    const to = now();
    // It has not slept: the environment is about to end.
    if (to >= end || to - from < ms / 2) return false;
    from = to;
  }
}

/** Calls taken back out of the records, to be settled in the loop's next turn; their slots stay theirs until then. */
let withdrawn: EngineCall[] = [];

function settleWithdrawn(): void {
  const given = withdrawn;
  withdrawn = [];
  for (const call of given) {
    freeSlot(call.slot);
    waitNoMore(call);
    done.withdrawn();
    call.finish(done);
  }
}

/** Ends a call that is in flight; it settles within `graceMs`. */
export function interruptCall(call: EngineCall, graceMs: number): void {
  if (withdraw(call)) {
    withdrawn.push(call);
  } else {
    (environment as NativeEnvironment).interrupt(call.slot, graceMs);
  }
  lookSoon();
}

/** The queue of file system events of this environment: NativeEnvironment has the words. */
export function openWatches(listener: () => void): number {
  if (environment === undefined) attach();
  // In no scope: it is for all watchers.
  return outside(() => (environment as NativeEnvironment).openWatches(listener));
}
export const readWatches = (buffer: Uint8Array): number => environment?.readWatches(buffer) ?? 0;
export const holdForWatches = (on: boolean): void => environment?.holdForWatches(on);

/** Whether this environment has opened the descriptor, and not closed it since. */
export const hasOpened = (fd: unknown): boolean => environment?.hasOpened(fd) === true;

/** The descriptor is somebody else's now. */
export const disown = (fd: number): void => environment?.forget(fd);

/** Closes a descriptor on this thread, which waits for it. 0, or -errno. */
export const closeBlocking = (fd: number): number => (environment as NativeEnvironment).closeNow(fd);
